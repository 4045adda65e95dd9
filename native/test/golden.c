/* Networks against recorded numbers of the original implementation (run in float64), and against themselves:
 * recomputation, dropout seeds, copies, the fast path in both precisions beside the plain one with all kernels of this
 * machine. */
#define _POSIX_C_SOURCE 200112L /* setenv */

#include <math.h>
#include <stdlib.h>

#include "test.h"

typedef struct {
    const char *config;
    int32_t labelled;
    int32_t tensors;
    double sum, sum_abs, corner, last, gradient_norm;
} Golden;

static const Golden golden[] = {
    {SMALL_NET("1", "10", "1", "1", "0"), 1, 145, -8.660571118, 259.6065107, .0173060985, .356649059, 16.1001206},
    {SMALL_NET("1", "0", "0", "1", "0"), 0, 144, -18.882331, 214.4242831, -.0434475248, -.147716172, 15.6770997},
    {SMALL_NET("1", "0", "1", "0", "0"), 0, 128, -123.7120365, 167.3668308, -.031059027, -.0931551707, 20.4354401},
};

enum { PIXELS = 2 * 16 * 16 };

/* Parameter i, element j: s sin(.7 (j + 1) + 1.3 (i + 1)); norm gains around 1. */
static void fill_parameters(cm_unet *net) {
    for (int32_t i = 0; i < cm_unet_parameter_count(net); ++i) {
        char name[256];
        int64_t info[CM_INFO_LENGTH];
        cm_tensor *view = NULL, *values = NULL;
        OK(cm_unet_parameter_name(net, i, name, sizeof name));
        OK(cm_unet_parameter(net, i, &view));
        OK(cm_tensor_info(view, info));
        const int64_t count = info[CM_INFO_NUMEL], rank = info[CM_INFO_RANK];
        const size_t length = strlen(name);
        const int gain = rank == 1 && length > 7 && strcmp(name + length - 7, ".weight") == 0;
        const double scale = rank > 1 ? 1 / sqrt((double)(count / info[CM_INFO_SIZES])) : .1;
        float *data = malloc((size_t)count * sizeof *data);
        for (int64_t j = 0; j < count; ++j)
            data[j] = (float)(gain + scale * sin(.7 * (double)(j + 1) + 1.3 * (i + 1)));
        OK(cm_tensor_from_host(data, count * (int64_t)sizeof *data, CM_F32, info + CM_INFO_SIZES, (int32_t)rank, &values));
        OK(cm_tensor_copy(view, values));
        free(data);
        cm_tensor_free(values);
        cm_tensor_free(view);
    }
}

static cm_tensor *image(void) {
    float data[PIXELS];
    cm_tensor *t = NULL;
    for (int j = 0; j < PIXELS; ++j) data[j] = (float)cos(.37 * j + .2);
    OK(cm_tensor_from_host(data, sizeof data, CM_F32, (const int64_t[]){2, 1, 16, 16}, 4, &t));
    return t;
}

static cm_tensor *times(void) {
    const float data[] = {(float)(250 * log(80.0)), (float)(250 * log(.5))};
    cm_tensor *t = NULL;
    OK(cm_tensor_from_host(data, sizeof data, CM_F32, (const int64_t[]){2}, 1, &t));
    return t;
}

static cm_tensor *labels(int32_t wanted) {
    const int64_t data[] = {3, 7};
    cm_tensor *t = NULL;
    if (wanted) OK(cm_tensor_from_host(data, sizeof data, CM_I64, (const int64_t[]){2}, 1, &t));
    return t;
}

/* One pass; norm (may be NULL) receives the length of the gradient of the mean square of the output. */
static void pass(cm_unet *net, int32_t labelled, uint64_t seed, float *out, double *norm) {
    cm_tensor *x = image(), *t = times(), *y = labels(labelled);
    cm_tensor *result = NULL, *square = NULL, *loss = NULL, *gradients = NULL, *length = NULL;
    OK(cm_grad_mode_set(norm != NULL, NULL));
    OK(cm_unet_forward(net, x, t, y, seed, &result));
    OK(cm_tensor_to_host(result, out, PIXELS * (int64_t)sizeof *out));
    if (norm != NULL) {
        OK(cm_unet_gradients(net, &gradients));
        OK(cm_tensor_fill(gradients, 0));
        OK(cm_unary(CM_SQUARE, result, &square));
        OK(cm_reduce(CM_MEAN, square, NULL, 0, 0, &loss));
        OK(cm_backward(loss, NULL));
        OK(cm_grad_mode_set(0, NULL));
        OK(cm_reduce(CM_NORM2, gradients, NULL, 0, 0, &length));
        *norm = first(length);
    }
    cm_tensor_free(x);
    cm_tensor_free(t);
    cm_tensor_free(y);
    cm_tensor_free(result);
    cm_tensor_free(square);
    cm_tensor_free(loss);
    cm_tensor_free(gradients);
    cm_tensor_free(length);
}

/* Root mean square of the difference over that of the second. */
static double distance(const float *a, const float *b) {
    double difference = 0, size = 0;
    for (int i = 0; i < PIXELS; ++i) {
        difference += ((double)a[i] - b[i]) * ((double)a[i] - b[i]);
        size += (double)b[i] * b[i];
    }
    return sqrt(difference / size);
}

static int near(double value, double expected) { return fabs(value - expected) <= 1e-4 * fmax(fabs(expected), .01); }

static const char *const kernels[] = {"auto", "avx512-bf16", "avx512", "avx2", "portable", "plain"};

/* The status of a forward pass with these kernels. */
static cm_status choose(const char *name, cm_unet *net, int32_t labelled) {
    cm_tensor *x = image(), *t = times(), *y = labels(labelled), *result = NULL;
    CHECK(setenv("CM4J_KERNELS", name, 1) == 0);
    const cm_status status = cm_unet_forward(net, x, t, y, 0, &result);
    cm_tensor_free(x);
    cm_tensor_free(t);
    cm_tensor_free(y);
    cm_tensor_free(result);
    return status;
}

/* A network of one precision with these kernels beside the plain path's output and the length of its gradient. */
static void kernels_beside_plain(const char *name, int32_t precision, const cm_unet *net, int32_t labelled,
                                 const float *out, double norm) {
    const double tolerance = precision == CM_BF16 ? .05 : 1e-5;
    const int automatic = strcmp(name, "auto") == 0, none = strcmp(name, "plain") == 0;
    cm_unet *copy = NULL;
    float other[PIXELS];
    double again = 0;
    int64_t fast = 0;
    char facts[2048], line[64];
    OK(cm_unet_clone(net, &copy));
    OK(cm_unet_option_set(copy, CM_UNET_PLAIN, 0));
    OK(cm_unet_option_set(copy, CM_UNET_CHECKPOINT, 0));
    OK(cm_unet_option_set(copy, CM_UNET_PRECISION, precision));
    const cm_status status = choose(name, copy, labelled);
    if (status == CM_UNSUPPORTED) {
        CHECK(!automatic && !none && strcmp(name, "portable") != 0 && strstr(sentence(), name) != NULL);
        printf("skipped: %s\n", sentence());
    } else {
        CHECK(status == CM_OK);
        pass(copy, labelled, 0, other, &again);
        OK(cm_unet_option_get(copy, CM_UNET_FAST, &fast));
        CHECK(automatic || fast == !none); /* only auto may find nothing and leave it to the plain path */
        CHECK(distance(other, out) < (fast ? tolerance : 1e-6) && fabs(again / norm - 1) < (fast ? tolerance : 1e-5));
        cm_library_info(facts, sizeof facts);
        snprintf(line, sizeof line, "\nkernels=%s\n", name);
        CHECK(automatic || strstr(facts, line) != NULL);
        CHECK(strstr(facts, fast ? "\nprecision=bf16\n" : "\nprecision=f32\n") != NULL);
        printf("%s, %s: %s path, output %.2g, gradient %.2g apart\n", name, precision == CM_BF16 ? "bf16" : "f32",
               fast ? "fast" : "plain", distance(other, out), fabs(again / norm - 1));
    }
    cm_unet_free(copy);
    CHECK(unsetenv("CM4J_KERNELS") == 0);
}

static void fast_beside_plain(const cm_unet *net, int32_t labelled, const float *out, double norm) {
    for (unsigned i = 0; i < sizeof kernels / sizeof kernels[0]; ++i) {
        kernels_beside_plain(kernels[i], CM_BF16, net, labelled, out, norm);
        kernels_beside_plain(kernels[i], CM_F32, net, labelled, out, norm);
    }
}

/* A name that means nothing is an error of those who ask for the fast path, and only theirs. */
static void unknown_kernels(void) {
    cm_unet *net = NULL;
    char facts[2048];
    OK(cm_unet_create(SMALL_NET("1", "0", "1", "1", "0"), NULL, &net));
    FAILS(CM_BAD_ARGUMENT, "CM4J_KERNELS is sse9, not one of auto, plain, ", choose("sse9", net, 0));
    OK(cm_unet_option_set(net, CM_UNET_PLAIN, 1));
    CHECK(choose("sse9", net, 0) == CM_OK);
    OK(cm_unet_option_set(net, CM_UNET_PLAIN, 0));
    OK(cm_unet_option_set(net, CM_UNET_PRECISION, CM_BF16));
    FAILS(CM_BAD_ARGUMENT, "CM4J_KERNELS is sse9, not one of auto, plain, ", choose("sse9", net, 0));
    cm_library_info(facts, sizeof facts);
    CHECK(strstr(facts, "kernels=CM4J_KERNELS is sse9, not one of auto, ") != NULL);
    CHECK(choose("", net, 0) == CM_OK);
    CHECK(unsetenv("CM4J_KERNELS") == 0);
    cm_unet_free(net);
}

static void recorded(const Golden *g) {
    cm_unet *net = NULL, *copy = NULL;
    float out[PIXELS], other[PIXELS];
    double sum = 0, sum_abs = 0, norm = 0, again = 0;
    OK(cm_unet_create(g->config, NULL, &net));
    CHECK(cm_unet_parameter_count(net) == g->tensors);
    OK(cm_unet_option_set(net, CM_UNET_PLAIN, 1));
    fill_parameters(net);
    pass(net, g->labelled, 0, out, &norm);
    for (int i = 0; i < PIXELS; ++i) {
        sum += out[i];
        sum_abs += fabs(out[i]);
    }
    CHECK(near(sum, g->sum) && near(sum_abs, g->sum_abs));
    CHECK(near(out[0], g->corner) && near(out[PIXELS - 1], g->last) && near(norm, g->gradient_norm));

    OK(cm_unet_option_set(net, CM_UNET_CHECKPOINT, 1));
    pass(net, g->labelled, 0, other, &again);
    CHECK(distance(other, out) < 1e-6 && near(again, norm));

    OK(cm_unet_clone(net, &copy));
    pass(copy, g->labelled, 0, other, NULL);
    CHECK(distance(other, out) < 1e-6);

    fast_beside_plain(net, g->labelled, out, norm);
    cm_unet_free(net);
    cm_unet_free(copy);
}

static void dropout(void) {
    cm_unet *net = NULL;
    float still[PIXELS], one[PIXELS], same[PIXELS], two[PIXELS];
    double norm = 0, again = 0;
    OK(cm_unet_create(SMALL_NET("1", "0", "1", "1", "0.3"), NULL, &net));
    fill_parameters(net);
    pass(net, 0, 1, still, NULL);
    OK(cm_unet_option_set(net, CM_UNET_TRAINING, 1));
    pass(net, 0, 1, one, NULL);
    pass(net, 0, 1, same, &norm);
    pass(net, 0, 2, two, NULL);
    CHECK(distance(one, still) > .01 && distance(two, one) > .01 && distance(same, one) < 1e-6);
    OK(cm_unet_option_set(net, CM_UNET_CHECKPOINT, 1));
    pass(net, 0, 1, same, &again); /* the recomputed blocks see the same masks, whichever path the others took */
    CHECK(distance(same, one) < 1e-5 && near(again, norm));
    cm_unet_free(net);
}

/* Equal seeds give equal weights; zero modules make the first output zero. */
static void initial(void) {
    cm_rng *rng = NULL;
    cm_unet *net = NULL;
    cm_tensor *weights = NULL, *length = NULL;
    float out[PIXELS];
    OK(cm_rng_create(1, &rng));
    OK(cm_unet_create(SMALL_NET("1", "0", "1", "1", "0"), rng, &net));
    OK(cm_unet_weights(net, &weights));
    OK(cm_reduce(CM_NORM2, weights, NULL, 0, 0, &length));
    CHECK(first(length) > 1);
    pass(net, 0, 0, out, NULL);
    for (int i = 0; i < PIXELS; ++i) CHECK(out[i] == 0);
    cm_tensor_free(weights);
    cm_tensor_free(length);
    cm_unet_free(net);
    cm_rng_free(rng);
}

int main(void) {
    for (unsigned i = 0; i < sizeof golden / sizeof golden[0]; ++i) recorded(&golden[i]);
    unknown_kernels();
    dropout();
    initial();
    return finish();
}
