// Version 2 of Catch2 makes its main() here; version 3 links one.
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
