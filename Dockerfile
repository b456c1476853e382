# mlr3libtorch with all that it needs, on Debian: docker build -t mlr3libtorch . && docker run -it mlr3libtorch R
FROM debian:bookworm-slim

RUN apt-get update \
  && apt-get install -y --no-install-recommends make g++ cmake r-base-dev ca-certificates \
  && rm -rf /var/lib/apt/lists/*

WORKDIR /usr/src/mlr3libtorch
COPY . .

# tools/setup installs LibTorch and the R packages.
RUN make install JOBS="$(nproc)" && rm -rf build /var/lib/apt/lists/*

WORKDIR /root
CMD ["R"]
