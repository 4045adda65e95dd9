/*
 * cm4j: consistency models on LibTorch, as one plain C interface.
 *
 * Errors     A function that can fail returns cm_status. After a failure its outputs are NULL, zero or untouched,
 *            and cm_last_error() gives this thread's sentence until its next failing call. Nothing is thrown.
 * Ownership  The verbs _empty, _create, _clone, _alias and every `out` give a handle to the caller, who ends it with
 *            the matching _free. _free takes NULL and cannot fail. `const` pointers are borrowed for the call.
 * Threads    A handle is used by one thread at a time; different handles may be used on different threads. Hidden
 *            state is the thread count, the memory limit, the gradient mode and the last error, nothing else.
 * Layout     Images are [N, C, H, W], row-major unless a function says otherwise. Sizes in bytes end in _bytes.
 *
 * Sections   version, status, library, tensor life, tensor content, arithmetic, linear algebra, layers, images,
 *            autograd, random, network, optimiser, graph.
 */
#ifndef CM4J_H
#define CM4J_H

#include <stddef.h>
#include <stdint.h>

#if defined(__cplusplus)
extern "C" {
#endif

#define CM_API __attribute__((visibility("default")))

/* ---- version ------------------------------------------------------------------------------------------------- */

/* Raised by every incompatible change of this header. */
#define CM_ABI_VERSION 1

CM_API int32_t cm_abi_version(void);
/* "0.1.0"; static storage. */
CM_API const char *cm_version(void);
/* The LibTorch release compiled against, "2.15.0"; static storage. */
CM_API const char *cm_torch_version(void);
/* major * 100 + minor of the LibTorch found at run time, 0 where it cannot be asked. */
CM_API int32_t cm_torch_runtime_version(void);

/* ---- status -------------------------------------------------------------------------------------------------- */

typedef int32_t cm_status;

enum {
    CM_OK = 0,
    CM_TORCH = 1,         /* LibTorch refused the operation */
    CM_STD = 2,           /* a C++ exception from elsewhere */
    CM_UNKNOWN = 3,       /* something thrown that is no exception */
    CM_BAD_ARGUMENT = 4,  /* an argument is NULL, out of range or of the wrong shape; the sentence names it */
    CM_OUT_OF_MEMORY = 5, /* the limit or the machine is exhausted; live handles are intact */
    CM_TIMEOUT = 6,
    CM_UNSUPPORTED = 7,   /* not in this build or not on this machine */
    CM_ABI = 8,
    CM_FILE = 9           /* a file cannot be read, or has changed since it was opened; the sentence names it */
};

/* Copies this thread's last sentence, NUL-terminated and cut to buffer_bytes; returns its full length. */
CM_API int64_t cm_last_error(char *buffer, int64_t buffer_bytes);

/* ---- library ------------------------------------------------------------------------------------------------- */

enum { CM_KIND_TENSOR = 0, CM_KIND_RNG = 1, CM_KIND_UNET = 2, CM_KIND_OPTIM = 3, CM_KIND_GRAPH = 4, CM_KIND_COUNT = 5 };

enum {
    CM_MEMORY_NOW = 0,  /* bytes held by tensors and plans */
    CM_MEMORY_PEAK = 1, /* the largest value of CM_MEMORY_NOW since the last reset */
    CM_MEMORY_LIMIT = 2 /* 0: none */
};

/* Lines "key=value": isa, kernels, precision, threads, cores, cuda, compiler, onednn. Returns the full length. */
CM_API int64_t cm_library_info(char *buffer, int64_t buffer_bytes);
/* Threads of one operation, at least 1. */
CM_API cm_status cm_threads_set(int32_t threads);
CM_API int32_t cm_threads_get(void);
/* Live handles of a kind, -1 for an unknown kind. */
CM_API int64_t cm_live_count(int32_t kind);
CM_API int64_t cm_memory_bytes(int32_t which);
/* An allocation that would pass the limit fails with CM_OUT_OF_MEMORY. 0 lifts it. */
CM_API cm_status cm_memory_limit_set(int64_t limit_bytes);
CM_API void cm_memory_peak_reset(void);
/* Loads the CUDA plug-in from a path. CM_UNSUPPORTED: no device, or the file does not fit. */
CM_API cm_status cm_cuda_load(const char *path);
/* Number of usable CUDA devices; 0 without the plug-in. */
CM_API int32_t cm_cuda_device_count(void);

/* ---- tensor life --------------------------------------------------------------------------------------------- */

typedef struct cm_tensor cm_tensor;

enum {
    CM_F32 = 0,
    CM_F64 = 1,
    CM_F16 = 2,
    CM_BF16 = 3,
    CM_I64 = 4,
    CM_I32 = 5,
    CM_I16 = 6,
    CM_I8 = 7,
    CM_U8 = 8,
    CM_BOOL = 9
};

/* Devices: -1 is the CPU, 0 and above a CUDA device. */
enum { CM_CPU = -1 };

#define CM_MAX_RANK 16

/* Called once, on whatever thread drops the last tensor over a wrapped region. It must not throw or block. */
typedef void (*cm_release)(int64_t ticket);

/* Uninitialised. */
CM_API cm_status cm_tensor_empty(int32_t dtype, int32_t device, const int64_t *shape, int32_t ndim, cm_tensor **out);
CM_API cm_status cm_tensor_full(double value, int32_t dtype, int32_t device, const int64_t *shape, int32_t ndim,
                                cm_tensor **out);
/* Copies data_bytes, which must be exactly what dtype and shape need. */
CM_API cm_status cm_tensor_from_host(const void *data, int64_t data_bytes, int32_t dtype, const int64_t *shape,
                                     int32_t ndim, cm_tensor **out);
/* A tensor over the caller's memory, with no copy. The memory must stay until `release` (may be NULL) is called. */
CM_API cm_status cm_tensor_wrap(void *data, int64_t data_bytes, int32_t dtype, const int64_t *shape, int32_t ndim,
                                cm_release release, int64_t ticket, cm_tensor **out);
/* A second handle on the same storage. */
CM_API cm_status cm_tensor_alias(const cm_tensor *t, cm_tensor **out);
/* Drops the storage now; the handle stays valid and empty until freed. */
CM_API void cm_tensor_reset(cm_tensor *t);
CM_API void cm_tensor_free(cm_tensor *t);

/* ---- tensor content ------------------------------------------------------------------------------------------ */

enum {
    CM_INFO_RANK = 0,
    CM_INFO_DTYPE = 1,
    CM_INFO_DEVICE = 2,
    CM_INFO_NUMEL = 3,
    CM_INFO_DATA = 4,       /* address of the first element, 0 for an empty tensor */
    CM_INFO_CONTIGUOUS = 5, /* 1: row-major without gaps */
    CM_INFO_GRAD = 6,       /* 1: requires grad or depends on something that does */
    CM_INFO_SIZES = 8,      /* CM_MAX_RANK sizes, then CM_MAX_RANK strides in elements */
    CM_INFO_LENGTH = 40
};

/* Fills info[CM_INFO_LENGTH]. */
CM_API cm_status cm_tensor_info(const cm_tensor *t, int64_t *info);
/* Copies all elements, row-major, from whatever device; data_bytes must be exact. */
CM_API cm_status cm_tensor_to_host(const cm_tensor *t, void *data, int64_t data_bytes);
/* target <- source, with conversion of dtype and device; shapes must be equal. Not recorded for gradients. */
CM_API cm_status cm_tensor_copy(cm_tensor *target, const cm_tensor *source);
CM_API cm_status cm_tensor_to(const cm_tensor *t, int32_t dtype, int32_t device, cm_tensor **out);
/* Itself (a new handle) where it is row-major already, else a row-major copy. */
CM_API cm_status cm_tensor_contiguous(const cm_tensor *t, cm_tensor **out);
CM_API cm_status cm_tensor_clone(const cm_tensor *t, cm_tensor **out);
CM_API cm_status cm_tensor_fill(cm_tensor *t, double value);

/* ---- arithmetic (broadcasting as in PyTorch; recorded for gradients where enabled) ----------------------------- */

enum {
    CM_NEG = 0,
    CM_ABS = 1,
    CM_SQUARE = 2,
    CM_SQRT = 3,
    CM_EXP = 4,
    CM_LOG = 5,
    CM_TANH = 6,
    CM_SIGMOID = 7,
    CM_SILU = 8,
    CM_RELU = 9,
    CM_SIN = 10,
    CM_COS = 11,
    CM_RECIPROCAL = 12,
    CM_FLOOR = 13,
    CM_ROUND = 14, /* half to even */
    CM_IS_FINITE = 15,
    CM_UNARY_COUNT = 16
};
CM_API cm_status cm_unary(int32_t op, const cm_tensor *x, cm_tensor **out);

enum {
    CM_ADD = 0,
    CM_SUB = 1,
    CM_MUL = 2,
    CM_DIV = 3,
    CM_MAXIMUM = 4,
    CM_MINIMUM = 5,
    CM_POW = 6,
    CM_EQ = 7, /* comparisons give bool */
    CM_LT = 8,
    CM_LE = 9,
    CM_GT = 10,
    CM_GE = 11,
    CM_BINARY_COUNT = 12
};
CM_API cm_status cm_binary(int32_t op, const cm_tensor *a, const cm_tensor *b, cm_tensor **out);
CM_API cm_status cm_binary_scalar(int32_t op, const cm_tensor *a, double b, cm_tensor **out);
/* a <- a op b for CM_ADD, CM_SUB, CM_MUL, CM_DIV; not recorded for gradients. */
CM_API cm_status cm_binary_inplace(int32_t op, cm_tensor *a, const cm_tensor *b);
/* a <- a + weight (b - a); not recorded for gradients. */
CM_API cm_status cm_lerp_inplace(cm_tensor *a, const cm_tensor *b, double weight);
CM_API cm_status cm_clamp(const cm_tensor *x, double low, double high, cm_tensor **out);
CM_API cm_status cm_where(const cm_tensor *condition, const cm_tensor *a, const cm_tensor *b, cm_tensor **out);

enum { CM_SUM = 0, CM_MEAN = 1, CM_MAX = 2, CM_MIN = 3, CM_NORM2 = 4, CM_ARGMAX = 5, CM_REDUCE_COUNT = 6 };
/* Over the listed dimensions, or all of them where dim_count is 0. CM_ARGMAX takes exactly one. */
CM_API cm_status cm_reduce(int32_t op, const cm_tensor *x, const int64_t *dims, int32_t dim_count, int32_t keep_dims,
                           cm_tensor **out);
CM_API cm_status cm_softmax(const cm_tensor *x, int64_t dim, int32_t logarithm, cm_tensor **out);
CM_API cm_status cm_matmul(const cm_tensor *a, const cm_tensor *b, cm_tensor **out);

/* One size may be -1. A view where strides allow it, else a copy. */
CM_API cm_status cm_reshape(const cm_tensor *x, const int64_t *shape, int32_t ndim, cm_tensor **out);
CM_API cm_status cm_permute(const cm_tensor *x, const int64_t *dims, int32_t dim_count, cm_tensor **out);
CM_API cm_status cm_expand(const cm_tensor *x, const int64_t *shape, int32_t ndim, cm_tensor **out);
CM_API cm_status cm_narrow(const cm_tensor *x, int64_t dim, int64_t start, int64_t length, cm_tensor **out);
CM_API cm_status cm_cat(const cm_tensor *const *parts, int32_t part_count, int64_t dim, cm_tensor **out);
CM_API cm_status cm_index_select(const cm_tensor *x, int64_t dim, const cm_tensor *index, cm_tensor **out);
CM_API cm_status cm_flip(const cm_tensor *x, const int64_t *dims, int32_t dim_count, cm_tensor **out);
/* Constant padding of the last two dimensions. */
CM_API cm_status cm_pad2d(const cm_tensor *x, int64_t left, int64_t right, int64_t top, int64_t bottom, double value,
                          cm_tensor **out);

/* ---- linear algebra -------------------------------------------------------------------------------------------- */

/* a = V diag(values) V^T of a symmetric matrix, values ascending, in double precision by LAPACK; not recorded for
 * gradients.
 *   a    [n, n] f64, of which the lower triangle is read
 *   out  [n] f64: the values; with vectors 1 [n + 1, n]: the values, then the rows of V, whose columns are the vectors
 * CM_TORCH: an eigenvalue does not settle. Of a matrix that is not finite the result says nothing. */
CM_API cm_status cm_symmetric_eigen(const cm_tensor *a, int32_t vectors, cm_tensor **out);

/* ---- layers (weights as in PyTorch; bias may be NULL) ---------------------------------------------------------- */

CM_API cm_status cm_linear(const cm_tensor *x, const cm_tensor *weight, const cm_tensor *bias, cm_tensor **out);
CM_API cm_status cm_conv2d(const cm_tensor *x, const cm_tensor *weight, const cm_tensor *bias, int64_t stride,
                           int64_t padding, cm_tensor **out);
/* relu(conv2d(x)) with a padding for each direction, for networks that are not trained: not recorded for gradients. The
 * result lies channels last, which is fastest where x and weight do so too. */
CM_API cm_status cm_conv2d_relu(const cm_tensor *x, const cm_tensor *weight, const cm_tensor *bias, int64_t stride,
                                int64_t padding_height, int64_t padding_width, cm_tensor **out);
/* float32 statistics, result in the dtype of x. */
CM_API cm_status cm_group_norm(const cm_tensor *x, int64_t groups, const cm_tensor *weight, const cm_tensor *bias,
                               double eps, cm_tensor **out);
/* qkv [N, 3 heads width, T], channels (q, k, v) each head-major -> [N, heads width, T]; plain softmax attention. */
CM_API cm_status cm_attention(const cm_tensor *qkv, int64_t heads, cm_tensor **out);

enum { CM_POOL_AVERAGE = 0, CM_POOL_MAX = 1, CM_POOL_AVERAGE_INSIDE = 2 }; /* the last: padding is not counted */
CM_API cm_status cm_pool2d(int32_t kind, const cm_tensor *x, int64_t kernel, int64_t stride, int64_t padding,
                           cm_tensor **out);

enum { CM_NEAREST = 0, CM_BILINEAR = 1 }; /* bilinear: half-pixel centres, no antialias */
CM_API cm_status cm_resize2d(int32_t kind, const cm_tensor *x, int64_t height, int64_t width, cm_tensor **out);

/* ---- images: one pass over each where PyTorch takes several ----------------------------------------------------- */

/* Row n of out is coefficients[n] x[n], or with y (may be NULL) coefficients[n] x[n] + coefficients[N + n] y[n].
 *   x, y          [N, ...] floating point, equal shapes
 *   coefficients  N or 2 N numbers, rounded to f32 where x is f32; coefficient_count says which
 * Noise, preconditioning and solver steps are of this form. */
CM_API cm_status cm_combine(const cm_tensor *x, const cm_tensor *y, const double *coefficients,
                            int64_t coefficient_count, cm_tensor **out);

enum {
    CM_DISTANCE_L1 = 0,          /* mean |a - b| */
    CM_DISTANCE_L2 = 1,          /* mean (a - b)^2 */
    CM_DISTANCE_NORM = 2,        /* sqrt(sum (a - b)^2), whose gradient is 0 where a = b */
    CM_DISTANCE_PSEUDO_HUBER = 3 /* sqrt(sum (a - b)^2 + c^2) - c */
};
/* The distance [N] of each pair of rows of a and b, [N, ...] floating point of equal shapes; c is read by the last
 * kind only and must be positive there. */
CM_API cm_status cm_distance(int32_t kind, double c, const cm_tensor *a, const cm_tensor *b, cm_tensor **out);

/* |y|^2 / 2 of images y = pixels / 127.5 - 1: pixels [K, D], u8, on the processor -> [K], f32 */
CM_API cm_status cm_half_norms(const cm_tensor *pixels, cm_tensor **out);
/* The mean of the images that may lie behind noisy ones, each weighted by how likely it does, without gradient:
 *   out[n] = sum_k w_k y_k,  w = softmax_k(-|x[n] - y_k|^2 precisions[n] / 2),  ranges[2 n] <= k < ranges[2 n + 1]
 *   x           [N, D], f32, as is out
 *   precisions  N positive, finite numbers, 1 / sigma^2, rounded to f32
 *   ranges      2 N numbers in [0, K], no range empty
 *   pixels      [K, D], u8, y = pixels / 127.5 - 1, on the device of x
 *   half_norms  [K], f32, |y|^2 / 2, on the device of x
 * Karras et al. 2022, equation 57. */
CM_API cm_status cm_ideal_means(const cm_tensor *x, const double *precisions, const int64_t *ranges,
                                const cm_tensor *pixels, const cm_tensor *half_norms, cm_tensor **out);

/* ---- autograd ------------------------------------------------------------------------------------------------ */

/* Gradient recording on this thread; previous (may be NULL) receives the old value. Off when a thread starts. */
CM_API cm_status cm_grad_mode_set(int32_t enabled, int32_t *previous);
CM_API cm_status cm_requires_grad_set(cm_tensor *t, int32_t required);
CM_API cm_status cm_detach(const cm_tensor *t, cm_tensor **out);
/* Adds d(loss)/d(leaf) into each leaf and into the gradients of each network that took part. loss has one element,
 * or seed (may be NULL) has its shape. */
CM_API cm_status cm_backward(const cm_tensor *loss, const cm_tensor *seed);
/* The accumulated gradient of a leaf; *out is NULL where there is none. */
CM_API cm_status cm_grad(const cm_tensor *leaf, cm_tensor **out);

/* ---- random -------------------------------------------------------------------------------------------------- */

/* A stateful stream, equal to PyTorch's CPU generator of the same seed. */
typedef struct cm_rng cm_rng;

CM_API cm_status cm_rng_create(uint64_t seed, cm_rng **out);
CM_API void cm_rng_free(cm_rng *rng);
CM_API cm_status cm_rng_seed(cm_rng *rng, uint64_t seed);
/* State bytes; buffer may be NULL to ask for their number. */
CM_API cm_status cm_rng_state_get(const cm_rng *rng, void *buffer, int64_t buffer_bytes, int64_t *state_bytes);
CM_API cm_status cm_rng_state_set(cm_rng *rng, const void *state, int64_t state_bytes);

enum { CM_NORMAL = 0, CM_UNIFORM = 1, CM_INTEGER = 2, CM_PERMUTATION = 3 };
/* f32 standard normal; f32 uniform [0, 1); i64 uniform [low, high); i64 permutation of [0, high), shape [high]. */
CM_API cm_status cm_rng_draw(int32_t kind, cm_rng *rng, int64_t low, int64_t high, const int64_t *shape, int32_t ndim,
                             cm_tensor **out);

/* Counter-based standard normal noise (Philox4x32-10 and Box-Muller): row n of out [N, ...] f32 depends on
 * (seed, images[n], draw) alone, whatever the batch, the thread count and the instruction set. */
CM_API cm_status cm_noise_normal(uint64_t seed, const int64_t *images, int64_t image_count, uint32_t draw,
                                 cm_tensor *out);
/* The same for uniform [0, 1) values, 24 bits each. */
CM_API cm_status cm_noise_uniform(uint64_t seed, const int64_t *images, int64_t image_count, uint32_t draw,
                                  cm_tensor *out);

/* ---- network: the ADM U-Net of Dhariwal & Nichol 2021 as in openai/consistency_models -------------------------- */

typedef struct cm_unet cm_unet;

/* config: lines "key=value", every key once:
 *   image_size, in_channels, out_channels, model_channels, num_res_blocks: integers
 *   channel_mult: integers, comma-separated;  attention_downsample: rates, comma-separated, may be empty
 *   num_heads, num_heads_upsample (-1: num_heads), num_head_channels (-1: use num_heads): integers
 *   num_classes (0: unconditional), patch (fold patch x patch pixels into channels, 1: off): integers
 *   dropout: real in [0, 1);  use_scale_shift_norm, resblock_updown, conv_resample: 0 or 1
 *   qkv_order: three-head | head-three | head-dim-three
 *   kind: adm (or left out) | seed, which leaves image_size, channels and model_channels free | ddpmpp | ncsnpp, which
 *     leave heads, patch and the options of blocks no choice | edm2, which leaves these, num_res_blocks, channel_mult,
 *     attention_downsample, num_head_channels, num_classes and dropout free: what is not free must be as its complaint
 *     says
 * Weights are drawn from rng (NULL: left zero) in PyTorch's construction order; zero modules are zero.
 * CM_BAD_ARGUMENT names the key. */
CM_API cm_status cm_unet_create(const char *config, cm_rng *rng, cm_unet **out);

enum {
    CM_PART_PARAMETER = 0, /* index of the parameter; they ascend */
    CM_PART_FILE = 1,      /* index of the file, -1: in memory */
    CM_PART_PLACE = 2,     /* bytes from the start of the file; in memory, index of the tensor */
    CM_PART_COUNT = 3,     /* numbers */
    CM_PART_DTYPE = 4,     /* of the file: CM_F32, CM_F64, CM_F16 or CM_BF16 */
    CM_PART_LENGTH = 5
};
/* A network whose weights stay where they are until they are needed. Parts, CM_PART_LENGTH numbers each, follow one
 * another and fill every parameter exactly. The first use of weights or gradients, training, another device and the
 * plain path read them into the flat vector; passes of the fast path read each layer into the layout of its kernel and
 * make no vector. Files are opened here and stay open until then; CM_FILE, here or at that use: one cannot be read, is
 * too short, or has changed in between. Tensors are borrowed data that stay shared. */
CM_API cm_status cm_unet_open(const char *config, const char *const *paths, int32_t path_count,
                              const cm_tensor *const *tensors, int32_t tensor_count, const int64_t *parts,
                              int64_t part_count, cm_unet **out);
/* An independent copy of weights and options. */
CM_API cm_status cm_unet_clone(const cm_unet *net, cm_unet **out);
CM_API void cm_unet_free(cm_unet *net);

enum {
    CM_UNET_PRECISION = 0,  /* CM_F32 or CM_BF16: on the CPU the fast path where machine and shape allow it, else the
                             * plain path in f32; CM_F16: the blocks in float16, with copies of the convolutions' float32
                             * weights, on the CPU by the plain path */
    CM_UNET_TRAINING = 1,   /* 1: dropout active */
    CM_UNET_CHECKPOINT = 2, /* 1: recompute block activations in the backward pass; with CM_F32 this is the plain
                             * path's, and the fast path of CM_BF16 does without */
    CM_UNET_FAST = 3,       /* read only: 1 if the last forward took the fast path */
    CM_UNET_FIRST_IMAGE = 4, /* place of the first image of the passes to come in its batch, for the dropout masks */
    CM_UNET_DEVICE = 5,      /* read only: where the weights are */
    CM_UNET_FUSED = 6,       /* 1: the operations of CUDA devices also on the CPU, by their plain twins: for tests */
    CM_UNET_WATCH = 7,       /* 1: passes take the plain path and look at the output of every module */
    CM_UNET_PLAIN = 8        /* 1: the plain path also where there is a fast one: LibTorch's operations, one by one */
};
/* Moves weights and gradients to a device. Tensors handed out before keep the old storage. */
CM_API cm_status cm_unet_to(cm_unet *net, int32_t device);
CM_API cm_status cm_unet_option_set(cm_unet *net, int32_t option, int64_t value);
CM_API cm_status cm_unet_option_get(const cm_unet *net, int32_t option, int64_t *value);
/* Dropout masks to use in place of drawn ones in all passes to come, on the plain path: for each ResBlock in order a u8
 * tensor of the shape it drops, 1 where a value is kept. Borrowed data stay shared. mask_count 0: drawn again. */
CM_API cm_status cm_unet_masks_set(cm_unet *net, const cm_tensor *const *masks, int32_t mask_count);
/* Writes the name of the first module whose output was not finite in a pass since CM_UNET_WATCH was set to 1, such as
 * "input_blocks.3.0", or nothing where all were. */
CM_API cm_status cm_unet_fault(const cm_unet *net, char *buffer, int64_t buffer_bytes);

/* Parameters in registration order under their PyTorch names. */
CM_API int32_t cm_unet_parameter_count(const cm_unet *net);
CM_API cm_status cm_unet_parameter_name(const cm_unet *net, int32_t index, char *buffer, int64_t buffer_bytes);
/* Views, f32, in the parameter's own shape; writing through cm_tensor_copy changes the network. */
CM_API cm_status cm_unet_parameter(const cm_unet *net, int32_t index, cm_tensor **out);
CM_API cm_status cm_unet_gradient(const cm_unet *net, int32_t index, cm_tensor **out);
/* All parameters, and all gradients, as one f32 vector each (zero-padded between parameters): what optimisers take. */
CM_API cm_status cm_unet_weights(const cm_unet *net, cm_tensor **out);
CM_API cm_status cm_unet_gradients(const cm_unet *net, cm_tensor **out);

enum {
    CM_PLAN_WEIGHTS = 0,     /* weights in the layouts of the kernels: they stay with the network */
    CM_PLAN_ACTIVATIONS = 1, /* what a backward pass reads; on the fast path it stays with the network */
    CM_PLAN_WORKSPACE = 2,   /* the rest at the worst moment; on the fast path it stays with the network */
    CM_PLAN_FAST = 3,        /* 1: the fast path, whose bytes are exact; 0: the plain path, whose bytes are estimated */
    CM_PLAN_PARAMETERS = 4,  /* the flat vector of weights, and that of gradients */
    CM_PLAN_LENGTH = 5
};
/* Fills plan[CM_PLAN_LENGTH] with the bytes that one pass takes beside weights, gradients, input and output, without
 * making a network. precision: CM_F32, CM_BF16 or CM_F16; plain, checkpoint: 0 or 1, as the options; recording: 1 for
 * a forward and a backward pass, 0 for inference. CM_BAD_ARGUMENT: as cm_unet_create and cm_unet_forward. */
CM_API cm_status cm_unet_plan_bytes(const char *config, int32_t precision, int32_t plain, int32_t checkpoint,
                                    int32_t recording, int64_t images, int64_t height, int64_t width, int64_t *plan);

/* One forward pass.
 *   x       [N, C, H, W]     f32, borrowed
 *   t       [N]              f32, borrowed: the network's time input, not sigma
 *   labels  [N] i64 or NULL, borrowed
 *   dropout_seed             seeds the dropout masks of this pass; equal seeds give equal masks
 *   out     [N, C_out, H, W] f32, new handle; carries a gradient where recording is on
 * H and W must be divisible by patch * 2^(levels - 1). CM_BAD_ARGUMENT: shape, dtype or labels do not fit. */
CM_API cm_status cm_unet_forward(cm_unet *net, const cm_tensor *x, const cm_tensor *t, const cm_tensor *labels,
                                 uint64_t dropout_seed, cm_tensor **out);

/* One forward pass with its exact derivative along a direction (Jacobian-vector product):
 *   out          F(x, t)                                    [N, C_out, H, W] f32, new handle
 *   out_tangent  dF/dx * x_tangent + dF/dt * t_tangent      the same
 *   x_tangent    shape, type and device of x, borrowed;  t_tangent: of t, borrowed
 * Always in float32 on the plain path, whatever the precision, with the dropout masks that cm_unet_forward has for the
 * seed. Both results carry gradients where recording is on. Threads take turns. CM_BAD_ARGUMENT: as cm_unet_forward. */
CM_API cm_status cm_unet_jvp(cm_unet *net, const cm_tensor *x, const cm_tensor *t, const cm_tensor *labels,
                             uint64_t dropout_seed, const cm_tensor *x_tangent, const cm_tensor *t_tangent,
                             cm_tensor **out_tangent, cm_tensor **out);

/* ---- optimiser ------------------------------------------------------------------------------------------------ */

typedef struct cm_optim cm_optim;

enum { CM_RADAM = 0, CM_ADAM = 1, CM_ADAMW = 2, CM_OPTIM_COUNT = 3 };

/* State for one weight vector of this many elements. */
CM_API cm_status cm_optim_create(int32_t kind, double beta1, double beta2, double eps, double weight_decay,
                                 int64_t element_count, cm_optim **out);
CM_API void cm_optim_free(cm_optim *optim);
/* One fused pass: weights (f32, element_count) take a step of `gradient_scale * gradients` at rate lr, then
 * averages[i] <- rates[i] averages[i] + (1 - rates[i]) weights. */
CM_API cm_status cm_optim_step(cm_optim *optim, cm_tensor *weights, const cm_tensor *gradients, double lr,
                               double gradient_scale, cm_tensor *const *averages, const double *rates,
                               int32_t average_count);

enum { CM_EXP_AVG = 0, CM_EXP_AVG_SQ = 1 };
/* Views of the moments, f32 [element_count]. */
CM_API cm_status cm_optim_moment(const cm_optim *optim, int32_t which, cm_tensor **out);
CM_API int64_t cm_optim_step_count(const cm_optim *optim);
CM_API cm_status cm_optim_step_count_set(cm_optim *optim, int64_t step_count);
/* average <- rate average + (1 - rate) weights, one threaded pass. */
CM_API cm_status cm_average(cm_tensor *average, const cm_tensor *weights, double rate);

/* ---- graph: a whole training step, or a whole sampling run, as one call ------------------------------------------ */

/* On a CUDA device the first calls of a graph warm up, the next is captured, and all others replay the capture; it is
 * taken anew when weights move or options change. On the CPU each call runs the same operations by their plain twins.
 * A graph keeps what it was made from. */
typedef struct cm_graph cm_graph;

/* Rows of the coefficients of a training step, one number an image: for the noisier point t and the cleaner point r the
 * noise level, c_in, c_skip, c_out and the time input; then the weight of the image's loss. */
#define CM_PAIR_COEFFICIENTS 11

/* Consistency training of `online` against `target` (NULL: itself, without gradient): L = mean w d(f(x_t, t), f(x_r, r))
 * with x_t = x0 + t z, backward, clip, optimiser, averages. shape: [N, C, H, W]. A goal that is NaN counts as 0 where
 * nan_is_zero is 1. distance: CM_DISTANCE_L2 or CM_DISTANCE_PSEUDO_HUBER with c = constant. averages: f32 vectors beside the weights, the target's among them where it shall follow; at most 8.
 * Networks must have CM_F32 or CM_BF16. */
CM_API cm_status cm_graph_train(const cm_unet *online, const cm_unet *target, const cm_optim *optim,
                                cm_tensor *const *averages, int32_t average_count, const int64_t *shape, int32_t ndim,
                                int32_t distance, double constant, int32_t nan_is_zero, cm_graph **out);
/* One step. x0, z: f32 of the graph's shape, anywhere. labels: i64 [N] or NULL. coefficients: CM_PAIR_COEFFICIENTS rows
 * of N. clip_norm 0: no clipping. losses receives N weighted losses and then the gradient's norm. Where either is not
 * finite nothing changes, and the optimiser's count stays. */
CM_API cm_status cm_graph_train_run(cm_graph *graph, const cm_tensor *x0, const cm_tensor *z, const cm_tensor *labels,
                                    const double *coefficients, double lr, double clip_norm, uint64_t dropout_seed,
                                    const double *rates, double *losses);

/* Rows of the coefficients of a sampler, one number a step: c_skip, c_out, the scale of the noise that follows, c_in and
 * the time input. */
#define CM_SAMPLE_COEFFICIENTS 5

/* Multistep sampling with this many evaluations; clip 1: each estimate is limited to [-1, 1], as the result always is. */
CM_API cm_status cm_graph_sample(const cm_unet *net, int32_t steps, const int64_t *shape, int32_t ndim, int32_t clip,
                                 cm_graph **out);
/* noise: f32 [steps, N, C, H, W], anywhere: the start, then what follows each step but the last. start: its scale.
 * out: [N, C, H, W] f32 on the network's device. */
CM_API cm_status cm_graph_sample_run(cm_graph *graph, const cm_tensor *noise, const cm_tensor *labels, double start,
                                     const double *coefficients, cm_tensor **out);
/* Captures taken so far; 0 on the CPU. */
CM_API int64_t cm_graph_captures(const cm_graph *graph);
CM_API void cm_graph_free(cm_graph *graph);

#if defined(__cplusplus)
}
#endif

#endif /* CM4J_H */
