# The types of vectors and tensors in files.

# The type of each kind of vector in the file.
vector_dtypes = c(
  logical = "I32", integer = "I32", double = "F64", complex = "F64", raw = "U8", character = "U8"
)

# torch_tensor_data keeps its type if safetensors have it; other types are kept as plain lists.
tensor_dtypes = c(
  float64 = "F64", float32 = "F32", float16 = "F16", bfloat16 = "BF16", int64 = "I64", int32 = "I32", int16 = "I16",
  int8 = "I8", uint8 = "U8", bool = "BOOL"
)
dtype_bytes = c(F64 = 8, F32 = 4, F16 = 2, BF16 = 2, I64 = 8, I32 = 4, I16 = 2, I8 = 1, U8 = 1, BOOL = 1)

# A tensor in a file: the name of its type there, its shape, and the vector whose bytes are written.
file_tensor = function(dtype, shape, data) list(dtype = dtype, shape = shape, data = data)
