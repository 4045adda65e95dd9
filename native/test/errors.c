/* Every function with NULL, bad numbers, bad shapes and wrong types: a status, a sentence that names the argument,
 * outputs cleared, no crash and no handle left behind. */
#include <math.h>

#include "test.h"

#define BAD(word, call) FAILS(CM_BAD_ARGUMENT, word, call)
/* The same for a call that would give a handle: it must be NULL afterwards. */
#define BAD_OUT(word, out, call)          \
    do {                                  \
        (out) = (void *)(uintptr_t)8;     \
        BAD(word, call);                  \
        CHECK((out) == NULL);             \
    } while (0)

static const int64_t sizes[] = {2, 3, 4, 4};
static const int64_t negative[] = {2, -3};
static const int64_t huge[] = {1LL << 40, 1LL << 40};
static cm_tensor *x, *ints, *vector, *empty, *out; /* x: [2, 3, 4, 4] float32 */

static void nothing(int64_t ticket) { (void)ticket; }

static void library(void) {
    BAD("threads", cm_threads_set(0));
    BAD("limit_bytes", cm_memory_limit_set(-1));
    BAD("path", cm_cuda_load(NULL));
    FAILS(CM_UNSUPPORTED, "plug-in", cm_cuda_load("/nowhere/libcm4j_cuda.so"));
    CHECK(cm_live_count(-1) == -1 && cm_live_count(CM_KIND_COUNT) == -1 && cm_memory_bytes(3) == -1);
    CHECK(cm_library_info(NULL, -5) > 0 && cm_last_error(NULL, 0) > 0);
}

static void life(void) {
    float data[6] = {0};
    BAD("out", cm_tensor_empty(CM_F32, CM_CPU, sizes, 4, NULL));
    BAD_OUT("dtype", out, cm_tensor_empty(10, CM_CPU, sizes, 4, &out));
    BAD_OUT("dtype", out, cm_tensor_empty(-1, CM_CPU, sizes, 4, &out));
    BAD_OUT("device", out, cm_tensor_empty(CM_F32, -2, sizes, 4, &out));
    FAILS(CM_UNSUPPORTED, "CUDA", cm_tensor_empty(CM_F32, 0, sizes, 4, &out));
    BAD_OUT("ndim", out, cm_tensor_empty(CM_F32, CM_CPU, sizes, -1, &out));
    BAD_OUT("ndim", out, cm_tensor_empty(CM_F32, CM_CPU, sizes, 17, &out));
    BAD_OUT("shape", out, cm_tensor_empty(CM_F32, CM_CPU, NULL, 2, &out));
    BAD_OUT("shape", out, cm_tensor_empty(CM_F32, CM_CPU, negative, 2, &out));
    BAD_OUT("shape", out, cm_tensor_full(0, CM_F32, CM_CPU, huge, 2, &out));
    BAD("out", cm_tensor_full(0, CM_F32, CM_CPU, sizes, 4, NULL));
    BAD_OUT("data_bytes", out, cm_tensor_from_host(data, 20, CM_F32, (const int64_t[]){6}, 1, &out));
    BAD_OUT("data", out, cm_tensor_from_host(NULL, 24, CM_F32, (const int64_t[]){6}, 1, &out));
    BAD("out", cm_tensor_from_host(data, 24, CM_F32, (const int64_t[]){6}, 1, NULL));
    BAD_OUT("data_bytes", out, cm_tensor_wrap(data, 20, CM_F32, (const int64_t[]){6}, 1, nothing, 1, &out));
    BAD_OUT("data", out, cm_tensor_wrap(NULL, 24, CM_F32, (const int64_t[]){6}, 1, nothing, 1, &out));
    BAD_OUT("aligned", out, cm_tensor_wrap((char *)data + 1, 4, CM_F32, NULL, 0, nothing, 1, &out));
    BAD("out", cm_tensor_wrap(data, 24, CM_F32, (const int64_t[]){6}, 1, nothing, 1, NULL));
    BAD_OUT("t is NULL", out, cm_tensor_alias(NULL, &out));
    BAD("out", cm_tensor_alias(x, NULL));
    cm_tensor_reset(NULL);
    cm_tensor_free(NULL);
}

static void content(void) {
    int64_t info[CM_INFO_LENGTH];
    float data[96];
    BAD("t is NULL", cm_tensor_info(NULL, info));
    BAD("info", cm_tensor_info(x, NULL));
    BAD("reset", cm_tensor_info(empty, info));
    BAD("t is NULL", cm_tensor_to_host(NULL, data, sizeof data));
    BAD("data", cm_tensor_to_host(x, NULL, sizeof data));
    BAD("data_bytes", cm_tensor_to_host(x, data, sizeof data - 1));
    BAD("target", cm_tensor_copy(NULL, x));
    BAD("source", cm_tensor_copy(x, NULL));
    BAD("source", cm_tensor_copy(x, vector));
    BAD_OUT("t is NULL", out, cm_tensor_to(NULL, CM_F32, CM_CPU, &out));
    BAD_OUT("dtype", out, cm_tensor_to(x, 99, CM_CPU, &out));
    BAD_OUT("device", out, cm_tensor_to(x, CM_F32, -9, &out));
    BAD("out", cm_tensor_to(x, CM_F32, CM_CPU, NULL));
    BAD_OUT("t is NULL", out, cm_tensor_contiguous(NULL, &out));
    BAD_OUT("t is NULL", out, cm_tensor_clone(NULL, &out));
    BAD_OUT("reset", out, cm_tensor_clone(empty, &out));
    BAD("t is NULL", cm_tensor_fill(NULL, 0));
}

static void arithmetic(void) {
    const int64_t bad_dim[] = {4}, twice[] = {1, -3}, one[] = {0};
    cm_tensor *const parts[] = {x, NULL};
    BAD_OUT("x is NULL", out, cm_unary(CM_NEG, NULL, &out));
    BAD_OUT("op", out, cm_unary(CM_UNARY_COUNT, x, &out));
    BAD_OUT("op", out, cm_unary(-1, x, &out));
    BAD("out", cm_unary(CM_NEG, x, NULL));
    BAD_OUT("a is NULL", out, cm_binary(CM_ADD, NULL, x, &out));
    BAD_OUT("b is NULL", out, cm_binary(CM_ADD, x, NULL, &out));
    BAD_OUT("op", out, cm_binary(CM_BINARY_COUNT, x, x, &out));
    FAILS(CM_TORCH, "size", cm_binary(CM_ADD, x, vector, &out));
    CHECK(out == NULL);
    BAD_OUT("a is NULL", out, cm_binary_scalar(CM_ADD, NULL, 1, &out));
    BAD_OUT("op", out, cm_binary_scalar(99, x, 1, &out));
    BAD("a is NULL", cm_binary_inplace(CM_ADD, NULL, x));
    BAD("b is NULL", cm_binary_inplace(CM_ADD, x, NULL));
    BAD("op", cm_binary_inplace(CM_POW, x, x));
    BAD("a is NULL", cm_lerp_inplace(NULL, x, .5));
    BAD("b is NULL", cm_lerp_inplace(x, NULL, .5));
    BAD("b is", cm_lerp_inplace(vector, ints, .5));
    BAD("a is", cm_lerp_inplace(ints, ints, .5));
    BAD_OUT("x is NULL", out, cm_clamp(NULL, 0, 1, &out));
    BAD_OUT("condition is NULL", out, cm_where(NULL, x, x, &out));
    BAD_OUT("condition is", out, cm_where(x, x, x, &out));
    BAD_OUT("x is NULL", out, cm_reduce(CM_SUM, NULL, NULL, 0, 0, &out));
    BAD_OUT("op", out, cm_reduce(CM_REDUCE_COUNT, x, NULL, 0, 0, &out));
    BAD_OUT("dims", out, cm_reduce(CM_SUM, x, NULL, 1, 0, &out));
    BAD_OUT("dims", out, cm_reduce(CM_SUM, x, bad_dim, 1, 0, &out));
    BAD_OUT("twice", out, cm_reduce(CM_SUM, x, twice, 2, 0, &out));
    BAD_OUT("dim_count", out, cm_reduce(CM_SUM, x, one, -1, 0, &out));
    BAD_OUT("dims", out, cm_reduce(CM_ARGMAX, x, NULL, 0, 0, &out));
    BAD_OUT("x is", out, cm_reduce(CM_MEAN, ints, NULL, 0, 0, &out));
    BAD_OUT("x is NULL", out, cm_softmax(NULL, 0, 0, &out));
    BAD_OUT("dim", out, cm_softmax(x, 4, 0, &out));
    BAD_OUT("x is", out, cm_softmax(ints, 0, 0, &out));
    BAD_OUT("a is NULL", out, cm_matmul(NULL, x, &out));
    BAD_OUT("b is NULL", out, cm_matmul(x, NULL, &out));
    BAD_OUT("b is", out, cm_matmul(x, ints, &out));
    BAD_OUT("a is NULL", out, cm_symmetric_eigen(NULL, 0, &out));
    BAD_OUT("a is", out, cm_symmetric_eigen(x, 0, &out));
    cm_tensor *wide = NULL;
    CHECK(cm_tensor_full(1, CM_F64, CM_CPU, (const int64_t[]){2, 3}, 2, &wide) == CM_OK);
    BAD_OUT("not square", out, cm_symmetric_eigen(wide, 1, &out));
    cm_tensor_free(wide);
    BAD_OUT("x is NULL", out, cm_reshape(NULL, sizes, 4, &out));
    BAD_OUT("shape", out, cm_reshape(x, NULL, 1, &out));
    BAD_OUT("ndim", out, cm_reshape(x, sizes, -1, &out));
    FAILS(CM_TORCH, "shape", cm_reshape(x, sizes, 3, &out));
    BAD_OUT("x is NULL", out, cm_permute(NULL, one, 1, &out));
    BAD_OUT("dims", out, cm_permute(x, one, 1, &out));
    BAD_OUT("x is NULL", out, cm_expand(NULL, sizes, 4, &out));
    BAD_OUT("shape", out, cm_expand(x, negative, 2, &out));
    BAD_OUT("x is NULL", out, cm_narrow(NULL, 0, 0, 1, &out));
    BAD_OUT("dim", out, cm_narrow(x, 9, 0, 1, &out));
    BAD_OUT("start", out, cm_narrow(x, 0, 1, 2, &out));
    BAD_OUT("start", out, cm_narrow(x, 0, INT64_MAX, INT64_MAX, &out));
    BAD_OUT("parts is NULL", out, cm_cat(NULL, 1, 0, &out));
    BAD_OUT("parts is NULL", out, cm_cat((const cm_tensor *const *)parts, 2, 0, &out));
    BAD_OUT("part_count", out, cm_cat((const cm_tensor *const *)parts, 0, 0, &out));
    BAD_OUT("dim", out, cm_cat((const cm_tensor *const *)parts, 1, 4, &out));
    BAD_OUT("x is NULL", out, cm_index_select(NULL, 0, ints, &out));
    BAD_OUT("index is NULL", out, cm_index_select(x, 0, NULL, &out));
    BAD_OUT("index is", out, cm_index_select(x, 0, vector, &out));
    BAD_OUT("dim", out, cm_index_select(x, -5, ints, &out));
    BAD_OUT("x is NULL", out, cm_flip(NULL, one, 1, &out));
    BAD_OUT("dims", out, cm_flip(x, bad_dim, 1, &out));
    BAD_OUT("x is NULL", out, cm_pad2d(NULL, 1, 1, 1, 1, 0, &out));
    BAD_OUT("x has", out, cm_pad2d(vector, 1, 1, 1, 1, 0, &out));
}

static void images(void) {
    const double ones[] = {1, 1, 1, 1};
    BAD_OUT("x is NULL", out, cm_combine(NULL, NULL, ones, 2, &out));
    BAD_OUT("x is", out, cm_combine(ints, NULL, ones, 2, &out));
    BAD_OUT("y has", out, cm_combine(x, vector, ones, 4, &out));
    BAD_OUT("coefficients is NULL", out, cm_combine(x, NULL, NULL, 2, &out));
    BAD_OUT("coefficient_count", out, cm_combine(x, NULL, ones, 4, &out));
    BAD_OUT("coefficient_count", out, cm_combine(x, x, ones, 2, &out));
    BAD("out", cm_combine(x, NULL, ones, 2, NULL));
    BAD_OUT("kind", out, cm_distance(4, 1, x, x, &out));
    BAD_OUT("c is", out, cm_distance(CM_DISTANCE_PSEUDO_HUBER, 0, x, x, &out));
    BAD_OUT("c is", out, cm_distance(CM_DISTANCE_PSEUDO_HUBER, NAN, x, x, &out));
    BAD_OUT("a is NULL", out, cm_distance(CM_DISTANCE_L1, 0, NULL, x, &out));
    BAD_OUT("b is NULL", out, cm_distance(CM_DISTANCE_L1, 0, x, NULL, &out));
    BAD_OUT("b has", out, cm_distance(CM_DISTANCE_L2, 0, x, vector, &out));
    BAD_OUT("b is", out, cm_distance(CM_DISTANCE_L2, 0, vector, ints, &out));

    cm_tensor *noisy = NULL, *pixels = NULL, *short_norms = NULL;
    CHECK(cm_tensor_full(0, CM_F32, CM_CPU, (const int64_t[]){2, 3}, 2, &noisy) == CM_OK);
    CHECK(cm_tensor_full(0, CM_U8, CM_CPU, (const int64_t[]){4, 3}, 2, &pixels) == CM_OK);
    CHECK(cm_tensor_full(0, CM_F32, CM_CPU, (const int64_t[]){3}, 1, &short_norms) == CM_OK);
    const int64_t all[] = {0, 4, 0, 4}, none[] = {0, 4, 1, 1}, beyond[] = {0, 5, 0, 4}, before[] = {-1, 2, 0, 4};
    const double zero[] = {1, 0}, endless[] = {1, INFINITY}, unknown[] = {NAN, 1};
    BAD_OUT("x is NULL", out, cm_ideal_means(NULL, ones, all, pixels, noisy, &out));
    BAD_OUT("x has", out, cm_ideal_means(vector, ones, all, pixels, noisy, &out));
    BAD_OUT("pixels is", out, cm_ideal_means(noisy, ones, all, noisy, noisy, &out));
    BAD_OUT("half_norms has", out, cm_ideal_means(noisy, ones, all, pixels, noisy, &out));
    BAD_OUT("half_norms has", out, cm_ideal_means(noisy, ones, all, pixels, short_norms, &out));
    cm_tensor *norms = NULL, *wider = NULL;
    CHECK(cm_tensor_full(0, CM_F32, CM_CPU, (const int64_t[]){4}, 1, &norms) == CM_OK);
    CHECK(cm_tensor_full(0, CM_U8, CM_CPU, (const int64_t[]){4, 5}, 2, &wider) == CM_OK);
    BAD_OUT("pixels has", out, cm_ideal_means(noisy, ones, all, wider, norms, &out));
    BAD_OUT("precisions is NULL", out, cm_ideal_means(noisy, NULL, all, pixels, norms, &out));
    BAD_OUT("precisions has", out, cm_ideal_means(noisy, zero, all, pixels, norms, &out));
    BAD_OUT("precisions has", out, cm_ideal_means(noisy, endless, all, pixels, norms, &out));
    BAD_OUT("precisions has", out, cm_ideal_means(noisy, unknown, all, pixels, norms, &out));
    BAD_OUT("ranges has", out, cm_ideal_means(noisy, ones, before, pixels, norms, &out));
    BAD_OUT("x is", out, cm_ideal_means(pixels, ones, all, pixels, norms, &out));
    BAD_OUT("pixels is NULL", out, cm_ideal_means(noisy, ones, all, NULL, norms, &out));
    BAD_OUT("half_norms is NULL", out, cm_ideal_means(noisy, ones, all, pixels, NULL, &out));
    BAD_OUT("half_norms is", out, cm_ideal_means(noisy, ones, all, pixels, pixels, &out));
    BAD("out", cm_ideal_means(noisy, ones, all, pixels, norms, NULL));
    BAD_OUT("pixels is NULL", out, cm_half_norms(NULL, &out));
    BAD_OUT("pixels is", out, cm_half_norms(noisy, &out));
    BAD("out", cm_half_norms(pixels, NULL));
    BAD_OUT("ranges is NULL", out, cm_ideal_means(noisy, ones, NULL, pixels, norms, &out));
    BAD_OUT("ranges has", out, cm_ideal_means(noisy, ones, none, pixels, norms, &out));
    BAD_OUT("ranges has", out, cm_ideal_means(noisy, ones, beyond, pixels, norms, &out));
    cm_tensor_free(wider);
    cm_tensor_free(norms);
    cm_tensor_free(short_norms);
    cm_tensor_free(pixels);
    cm_tensor_free(noisy);
}

static void layers(void) {
    BAD_OUT("x is NULL", out, cm_linear(NULL, x, NULL, &out));
    BAD_OUT("weight is NULL", out, cm_linear(x, NULL, NULL, &out));
    BAD_OUT("weight is", out, cm_linear(x, ints, NULL, &out));
    BAD_OUT("weight has", out, cm_linear(x, x, NULL, &out));
    BAD_OUT("x is NULL", out, cm_conv2d(NULL, x, NULL, 1, 0, &out));
    BAD_OUT("weight is NULL", out, cm_conv2d(x, NULL, NULL, 1, 0, &out));
    BAD_OUT("x has", out, cm_conv2d(vector, x, NULL, 1, 0, &out));
    BAD_OUT("stride", out, cm_conv2d(x, x, NULL, 0, 0, &out));
    BAD_OUT("padding", out, cm_conv2d(x, x, NULL, 1, -1, &out));
    BAD_OUT("bias is", out, cm_conv2d(x, x, ints, 1, 0, &out));
    BAD_OUT("bias has", out, cm_conv2d(x, x, x, 1, 0, &out));
    BAD_OUT("x is NULL", out, cm_conv2d_relu(NULL, x, NULL, 1, 0, 0, &out));
    BAD_OUT("weight is NULL", out, cm_conv2d_relu(x, NULL, NULL, 1, 0, 0, &out));
    BAD_OUT("stride", out, cm_conv2d_relu(x, x, NULL, 0, 0, 0, &out));
    BAD_OUT("padding_height", out, cm_conv2d_relu(x, x, NULL, 1, -1, 0, &out));
    BAD_OUT("padding_width", out, cm_conv2d_relu(x, x, NULL, 1, 0, -1, &out));
    BAD_OUT("bias has", out, cm_conv2d_relu(x, x, x, 1, 0, 0, &out));
    BAD_OUT("x is NULL", out, cm_group_norm(NULL, 3, NULL, NULL, 1e-5, &out));
    BAD_OUT("groups", out, cm_group_norm(x, 2, NULL, NULL, 1e-5, &out));
    BAD_OUT("groups", out, cm_group_norm(x, 0, NULL, NULL, 1e-5, &out));
    BAD_OUT("weight", out, cm_group_norm(x, 3, vector, NULL, 1e-5, &out));
    BAD_OUT("bias", out, cm_group_norm(x, 3, NULL, x, 1e-5, &out));
    BAD_OUT("x is", out, cm_group_norm(ints, 1, NULL, NULL, 1e-5, &out));
    BAD_OUT("qkv is NULL", out, cm_attention(NULL, 1, &out));
    BAD_OUT("qkv has", out, cm_attention(x, 1, &out));
    BAD_OUT("x is NULL", out, cm_pool2d(CM_POOL_MAX, NULL, 2, 2, 0, &out));
    BAD_OUT("kind", out, cm_pool2d(3, x, 2, 2, 0, &out));
    BAD_OUT("kernel", out, cm_pool2d(CM_POOL_MAX, x, 0, 2, 0, &out));
    BAD_OUT("stride", out, cm_pool2d(CM_POOL_MAX, x, 2, 0, 0, &out));
    BAD_OUT("padding", out, cm_pool2d(CM_POOL_MAX, x, 2, 2, -1, &out));
    BAD_OUT("x is NULL", out, cm_resize2d(CM_NEAREST, NULL, 2, 2, &out));
    BAD_OUT("kind", out, cm_resize2d(2, x, 2, 2, &out));
    BAD_OUT("height", out, cm_resize2d(CM_NEAREST, x, 0, 2, &out));
    BAD_OUT("width", out, cm_resize2d(CM_BILINEAR, x, 2, -1, &out));

    cm_tensor *qkv = filled(0, 3, (const int64_t[]){1, 12, 4});
    BAD_OUT("heads", out, cm_attention(qkv, 0, &out));
    BAD_OUT("heads", out, cm_attention(qkv, 5, &out));
    BAD_OUT("heads", out, cm_attention(qkv, INT64_MAX, &out));
    cm_tensor_free(qkv);
}

static void autograd(void) {
    BAD("t is NULL", cm_requires_grad_set(NULL, 1));
    BAD("t is", cm_requires_grad_set(ints, 1));
    BAD_OUT("t is NULL", out, cm_detach(NULL, &out));
    BAD("loss is NULL", cm_backward(NULL, NULL));
    BAD("loss depends", cm_backward(x, NULL));
    BAD_OUT("leaf is NULL", out, cm_grad(NULL, &out));
    BAD("out", cm_grad(x, NULL));

    cm_tensor *leaf = filled(1, 1, (const int64_t[]){2}), *twice = NULL;
    OK(cm_grad_mode_set(1, NULL));
    OK(cm_requires_grad_set(leaf, 1));
    OK(cm_binary(CM_ADD, leaf, leaf, &twice));
    OK(cm_grad_mode_set(0, NULL));
    BAD("loss has", cm_backward(twice, NULL));
    BAD("seed has", cm_backward(twice, x));
    BAD("seed is", cm_backward(twice, ints));
    BAD("detach", cm_requires_grad_set(twice, 0));
    BAD_OUT("leaf is", out, cm_grad(twice, &out));
    cm_tensor_free(leaf);
    cm_tensor_free(twice);
}

static void randomness(void) {
    const int64_t images[] = {0, 1};
    int64_t bytes = 1;
    char state[5056] = {0};
    cm_rng *rng = NULL;
    BAD("out", cm_rng_create(0, NULL));
    BAD("rng is NULL", cm_rng_seed(NULL, 0));
    BAD("rng is NULL", cm_rng_state_get(NULL, NULL, 0, &bytes));
    CHECK(bytes == 0);
    BAD("rng is NULL", cm_rng_state_set(NULL, state, sizeof state));
    BAD_OUT("rng is NULL", out, cm_rng_draw(CM_NORMAL, NULL, 0, 1, sizes, 4, &out));
    OK(cm_rng_create(0, &rng));
    BAD("NULL", cm_rng_state_get(rng, NULL, 0, NULL));
    BAD("buffer_bytes", cm_rng_state_get(rng, state, 10, NULL));
    BAD("state_bytes", cm_rng_state_set(rng, state, 10));
    BAD("state is NULL", cm_rng_state_set(rng, NULL, 5056));
    CHECK(cm_rng_state_set(rng, state, sizeof state) != CM_OK); /* zeros are no state */
    BAD_OUT("kind", out, cm_rng_draw(4, rng, 0, 1, sizes, 4, &out));
    BAD_OUT("low", out, cm_rng_draw(CM_INTEGER, rng, 1, 1, sizes, 4, &out));
    BAD_OUT("shape", out, cm_rng_draw(CM_PERMUTATION, rng, 0, 5, sizes, 1, &out));
    BAD_OUT("shape", out, cm_rng_draw(CM_PERMUTATION, rng, 0, -2, (const int64_t[]){-2}, 1, &out));
    BAD_OUT("ndim", out, cm_rng_draw(CM_NORMAL, rng, 0, 1, sizes, 40, &out));
    cm_rng_free(rng);
    cm_rng_free(NULL);
    BAD("out is NULL", cm_noise_normal(0, images, 2, 0, NULL));
    BAD("images", cm_noise_normal(0, NULL, 2, 0, x));
    BAD("out has", cm_noise_normal(0, images, 1, 0, x));
    BAD("image_count", cm_noise_uniform(0, images, -1, 0, x));
    BAD("out is", cm_noise_uniform(0, images, 2, 0, ints));
}

static void networks(void) {
    static const char good[] = SMALL_NET("3", "0", "1", "1", "0");
    char name[8];
    int64_t value = 7;
    cm_unet *net = (void *)(uintptr_t)8;
    BAD("config is NULL", cm_unet_create(NULL, NULL, &net));
    CHECK(net == NULL);
    BAD("out", cm_unet_create(good, NULL, NULL));
    static const char *const refused[][2] = {
        {"missing", "image_size=16\n"},
        {"nonsense", SMALL_NET("3", "0", "1", "1", "0") "nonsense=1\n"},
        {"twice", SMALL_NET("3", "0", "1", "1", "0") "patch=1\n"},
        {"in_channels", SMALL_NET("three", "0", "1", "1", "0")},
        {"in_channels", SMALL_NET("0", "0", "1", "1", "0")},
        {"dropout", SMALL_NET("3", "0", "1", "1", "1")},
        {"dropout", SMALL_NET("3", "0", "1", "1", "nan")},
        {"use_scale_shift_norm", SMALL_NET("3", "0", "2", "1", "0")},
        {"num_classes", SMALL_NET("3", "-1", "1", "1", "0")},
        {"=", "what is this"},
    };
    for (unsigned i = 0; i < sizeof refused / sizeof refused[0]; ++i) {
        BAD(refused[i][0], cm_unet_create(refused[i][1], NULL, &net));
        CHECK(net == NULL);
    }
    BAD("net is NULL", cm_unet_clone(NULL, &net));
    BAD("net is NULL", cm_unet_option_set(NULL, CM_UNET_TRAINING, 1));
    BAD("net is NULL", cm_unet_option_get(NULL, CM_UNET_TRAINING, &value));
    CHECK(value == 0 && cm_unet_parameter_count(NULL) == 0);
    BAD("net is NULL", cm_unet_parameter_name(NULL, 0, name, sizeof name));
    BAD_OUT("net is NULL", out, cm_unet_parameter(NULL, 0, &out));
    BAD_OUT("net is NULL", out, cm_unet_gradient(NULL, 0, &out));
    BAD_OUT("net is NULL", out, cm_unet_weights(NULL, &out));
    BAD_OUT("net is NULL", out, cm_unet_gradients(NULL, &out));
    BAD_OUT("net is NULL", out, cm_unet_forward(NULL, x, vector, NULL, 0, &out));
    cm_tensor *tangent = (void *)(uintptr_t)8;
    BAD_OUT("net is NULL", out, cm_unet_jvp(NULL, x, vector, NULL, 0, x, vector, &tangent, &out));
    CHECK(tangent == NULL);
    cm_unet_free(NULL);

    OK(cm_unet_create(good, NULL, &net));
    BAD("option", cm_unet_option_set(net, 99, 1));
    BAD("option", cm_unet_option_set(net, CM_UNET_DEVICE, 0));
    BAD("read only", cm_unet_option_set(net, CM_UNET_FAST, 1));
    BAD("value", cm_unet_option_set(net, CM_UNET_TRAINING, 2));
    BAD("value", cm_unet_option_set(net, CM_UNET_PLAIN, -1));
    BAD("value", cm_unet_option_set(net, CM_UNET_PRECISION, CM_I64));
    BAD("value", cm_unet_option_set(net, CM_UNET_WATCH, 2));
    BAD("buffer_bytes", cm_unet_fault(net, name, 0));
    BAD("buffer is NULL", cm_unet_fault(net, NULL, 100));
    BAD("net is NULL", cm_unet_fault(NULL, name, sizeof name));
    BAD("option", cm_unet_option_get(net, -1, &value));
    BAD("value", cm_unet_option_get(net, CM_UNET_FAST, NULL));
    BAD("mask_count", cm_unet_masks_set(net, NULL, 99));
    BAD("net is NULL", cm_unet_masks_set(NULL, NULL, 0));
    OK(cm_unet_masks_set(net, NULL, 0));
    BAD("index", cm_unet_parameter_name(net, 9999, name, sizeof name));
    BAD("buffer_bytes", cm_unet_parameter_name(net, 0, name, sizeof name));
    BAD("buffer is NULL", cm_unet_parameter_name(net, 0, NULL, 100));
    BAD_OUT("index", out, cm_unet_parameter(net, -1, &out));
    BAD_OUT("index", out, cm_unet_gradient(net, 9999, &out));
    BAD_OUT("x is NULL", out, cm_unet_forward(net, NULL, vector, NULL, 0, &out));
    BAD_OUT("t is NULL", out, cm_unet_forward(net, x, NULL, NULL, 0, &out));
    BAD_OUT("x is", out, cm_unet_forward(net, ints, vector, NULL, 0, &out));
    BAD_OUT("t is", out, cm_unet_forward(net, x, ints, NULL, 0, &out));
    BAD_OUT("t has", out, cm_unet_forward(net, x, x, NULL, 0, &out));
    BAD_OUT("labels", out, cm_unet_forward(net, x, vector, ints, 0, &out));
    cm_tensor *odd = filled(0, 4, (const int64_t[]){2, 3, 5, 4}), *grey = filled(0, 4, (const int64_t[]){2, 1, 4, 4});
    BAD_OUT("multiples", out, cm_unet_forward(net, odd, vector, NULL, 0, &out));
    BAD_OUT("x has", out, cm_unet_forward(net, grey, vector, NULL, 0, &out));
    BAD_OUT("x is NULL", out, cm_unet_jvp(net, NULL, vector, NULL, 0, x, vector, &tangent, &out));
    BAD_OUT("x_tangent is NULL", out, cm_unet_jvp(net, x, vector, NULL, 0, NULL, vector, &tangent, &out));
    BAD_OUT("t_tangent is NULL", out, cm_unet_jvp(net, x, vector, NULL, 0, x, NULL, &tangent, &out));
    BAD_OUT("x_tangent differs", out, cm_unet_jvp(net, x, vector, NULL, 0, grey, vector, &tangent, &out));
    BAD_OUT("t_tangent differs", out, cm_unet_jvp(net, x, vector, NULL, 0, x, ints, &tangent, &out));
    BAD("out is NULL", cm_unet_jvp(net, x, vector, NULL, 0, x, vector, &tangent, NULL));
    BAD_OUT("out_tangent is NULL", out, cm_unet_jvp(net, x, vector, NULL, 0, x, vector, NULL, &out));
    CHECK(tangent == NULL);
    cm_tensor_free(odd);
    cm_tensor_free(grey);
    cm_unet_free(net);

    OK(cm_unet_create(SMALL_NET("3", "2", "1", "1", "0"), NULL, &net));
    cm_tensor *far = NULL;
    OK(cm_tensor_full(2, CM_I64, CM_CPU, (const int64_t[]){2}, 1, &far));
    BAD_OUT("labels is NULL", out, cm_unet_forward(net, x, vector, NULL, 0, &out));
    BAD_OUT("labels is", out, cm_unet_forward(net, x, vector, vector, 0, &out));
    BAD_OUT("labels has", out, cm_unet_forward(net, x, vector, far, 0, &out));
    cm_tensor_free(far);
    cm_unet_free(net);
}

static void optimisers(void) {
    const double half[] = {.5}, above[] = {1.5};
    cm_optim *optim = (void *)(uintptr_t)8;
    BAD("kind", cm_optim_create(CM_OPTIM_COUNT, .9, .99, 1e-8, 0, 2, &optim));
    CHECK(optim == NULL);
    BAD("beta1", cm_optim_create(CM_ADAM, 1, .99, 1e-8, 0, 2, &optim));
    BAD("beta2", cm_optim_create(CM_ADAM, .9, -1, 1e-8, 0, 2, &optim));
    BAD("eps", cm_optim_create(CM_ADAM, .9, .99, 0, 0, 2, &optim));
    BAD("weight_decay", cm_optim_create(CM_ADAM, .9, .99, 1e-8, -1, 2, &optim));
    BAD("element_count", cm_optim_create(CM_ADAM, .9, .99, 1e-8, 0, -1, &optim));
    BAD("out", cm_optim_create(CM_ADAM, .9, .99, 1e-8, 0, 2, NULL));
    BAD("optim is NULL", cm_optim_step(NULL, vector, vector, .1, 1, NULL, NULL, 0));
    BAD_OUT("optim is NULL", out, cm_optim_moment(NULL, CM_EXP_AVG, &out));
    BAD("optim is NULL", cm_optim_step_count_set(NULL, 0));
    CHECK(cm_optim_step_count(NULL) == 0);
    cm_optim_free(NULL);
    OK(cm_optim_create(CM_ADAM, .9, .99, 1e-8, 0, 2, &optim));
    cm_tensor *gradient = filled(0, 1, (const int64_t[]){2});
    cm_tensor *averages[] = {gradient};
    BAD("weights is NULL", cm_optim_step(optim, NULL, gradient, .1, 1, NULL, NULL, 0));
    BAD("gradients is NULL", cm_optim_step(optim, vector, NULL, .1, 1, NULL, NULL, 0));
    BAD("weights has", cm_optim_step(optim, x, gradient, .1, 1, NULL, NULL, 0));
    BAD("gradients is", cm_optim_step(optim, vector, ints, .1, 1, NULL, NULL, 0));
    BAD("lr", cm_optim_step(optim, vector, gradient, NAN, 1, NULL, NULL, 0));
    BAD("gradient_scale", cm_optim_step(optim, vector, gradient, .1, INFINITY, NULL, NULL, 0));
    BAD("average_count", cm_optim_step(optim, vector, gradient, .1, 1, NULL, NULL, -1));
    BAD("averages", cm_optim_step(optim, vector, gradient, .1, 1, NULL, half, 1));
    BAD("rates", cm_optim_step(optim, vector, gradient, .1, 1, averages, NULL, 1));
    BAD("rates", cm_optim_step(optim, vector, gradient, .1, 1, averages, above, 1));
    averages[0] = NULL;
    BAD("averages is NULL", cm_optim_step(optim, vector, gradient, .1, 1, averages, half, 1));
    averages[0] = vector;
    BAD("average is the weight", cm_optim_step(optim, vector, gradient, .1, 1, averages, half, 1));
    CHECK(cm_optim_step_count(optim) == 0);
    BAD_OUT("which", out, cm_optim_moment(optim, 2, &out));
    BAD("step_count", cm_optim_step_count_set(optim, -1));
    BAD("weights is NULL", cm_average(gradient, NULL, .5));
    BAD("average is NULL", cm_average(NULL, vector, .5));
    BAD("average has", cm_average(x, vector, .5));
    BAD("rate", cm_average(gradient, vector, 1.1));
    cm_tensor_free(gradient);
    cm_optim_free(optim);
}

int main(void) {
    x = filled(1, 4, sizes);
    vector = filled(1, 1, (const int64_t[]){2});
    empty = filled(1, 0, NULL);
    cm_tensor_reset(empty);
    OK(cm_tensor_full(0, CM_I64, CM_CPU, (const int64_t[]){2}, 1, &ints));
    library();
    life();
    content();
    arithmetic();
    layers();
    images();
    autograd();
    randomness();
    networks();
    optimisers();
    cm_tensor_free(x);
    cm_tensor_free(ints);
    cm_tensor_free(vector);
    cm_tensor_free(empty);
    return finish();
}
