/* The operations of CUDA devices by their plain twins: the same network, gradients and pictures as the plain path. */
#include <math.h>
#include <stdlib.h>

#include "test.h"

enum { N = 3, SIZE = 16 };

static float *host(const cm_tensor *t, int64_t *count) {
    int64_t info[CM_INFO_LENGTH];
    OK(cm_tensor_info(t, info));
    *count = info[CM_INFO_NUMEL];
    float *data = malloc((size_t)*count * sizeof *data);
    OK(cm_tensor_to_host(t, data, *count * (int64_t)sizeof *data));
    return data;
}

/* Relative L2 distance. */
static double apart(const cm_tensor *a, const cm_tensor *b) {
    int64_t count = 0, other = 0;
    float *x = host(a, &count), *y = host(b, &other);
    double distance = 0, size = 1e-12;
    CHECK(count == other);
    for (int64_t i = 0; i < count; ++i) {
        distance += pow((double)x[i] - y[i], 2);
        size += pow((double)y[i], 2);
    }
    free(x);
    free(y);
    return sqrt(distance / size);
}

static cm_tensor *normal(cm_rng *rng, int32_t ndim, const int64_t *shape) {
    cm_tensor *t = NULL;
    OK(cm_rng_draw(CM_NORMAL, rng, 0, 0, shape, ndim, &t));
    return t;
}

/* A network none of whose weights is zero. */
static cm_unet *network(const char *config, cm_rng *rng) {
    cm_unet *net = NULL;
    OK(cm_unet_create(config, rng, &net));
    cm_tensor *weights = NULL, *small = NULL;
    OK(cm_unet_weights(net, &weights));
    int64_t info[CM_INFO_LENGTH];
    OK(cm_tensor_info(weights, info));
    cm_tensor *noise = normal(rng, 1, &info[CM_INFO_NUMEL]);
    OK(cm_binary_scalar(CM_MUL, noise, 0.03, &small));
    OK(cm_binary_inplace(CM_ADD, weights, small));
    cm_tensor_free(weights);
    cm_tensor_free(noise);
    cm_tensor_free(small);
    return net;
}

static cm_tensor *labels_of(int classes) {
    const int64_t values[N] = {0, 2, 1}, n = N;
    cm_tensor *labels = NULL;
    if (classes) OK(cm_tensor_from_host(values, sizeof values, CM_I64, &n, 1, &labels));
    return labels;
}

static void same_as_plain(const char *config, int channels, int classes, int32_t precision, int checkpoint,
                          double tolerance, double gradient_tolerance) {
    const int64_t shape[] = {N, channels, SIZE, SIZE}, n = N;
    cm_rng *rng = NULL;
    OK(cm_rng_create(3, &rng));
    cm_unet *plain = network(config, rng), *fused = NULL;
    OK(cm_unet_option_set(plain, CM_UNET_TRAINING, 1));
    OK(cm_unet_clone(plain, &fused));
    OK(cm_unet_option_set(plain, CM_UNET_PLAIN, 1));
    OK(cm_unet_option_set(fused, CM_UNET_FUSED, 1));
    OK(cm_unet_option_set(fused, CM_UNET_PRECISION, precision));
    OK(cm_unet_option_set(fused, CM_UNET_CHECKPOINT, checkpoint));
    cm_tensor *x = normal(rng, 4, shape), *t = normal(rng, 1, &n), *up = normal(rng, 4, shape), *labels = labels_of(classes);
    int32_t before = 0;
    OK(cm_grad_mode_set(1, &before));
    cm_tensor *out[2], *gradient[2];
    for (int i = 0; i < 2; ++i) {
        cm_unet *net = i == 0 ? fused : plain;
        /* Twice: gradients add up. */
        for (int round = 0; round < 2; ++round) {
            OK(cm_unet_forward(net, x, t, labels, 5, &out[i]));
            OK(cm_backward(out[i], up));
            if (round == 0) cm_tensor_free(out[i]);
        }
        OK(cm_unet_gradients(net, &gradient[i]));
    }
    OK(cm_grad_mode_set(before, NULL));
    int64_t fast = 0;
    OK(cm_unet_option_get(fused, CM_UNET_FAST, &fast));
    CHECK(fast == 1);
    const double forward = apart(out[0], out[1]), backward = apart(gradient[0], gradient[1]);
    printf("precision %d: forward %.2g, gradients %.2g\n", precision, forward, backward);
    CHECK(forward < tolerance);
    CHECK(backward < gradient_tolerance);
    for (int i = 0; i < 2; ++i) {
        cm_tensor_free(out[i]);
        cm_tensor_free(gradient[i]);
    }
    cm_tensor_free(x);
    cm_tensor_free(t);
    cm_tensor_free(up);
    cm_tensor_free(labels);
    cm_unet_free(plain);
    cm_unet_free(fused);
    cm_rng_free(rng);
}

/* Sampling by one call equals sampling step by step. */
static void sampling(void) {
    const int64_t shape[] = {N, 1, SIZE, SIZE}, n = N, noise_shape[] = {2, N, 1, SIZE, SIZE};
    const double k[] = {.2, .9, .7, .6, .5, 0, .3, .8, 2, 1}; /* skip, out, scale, in, time of two steps */
    cm_rng *rng = NULL;
    OK(cm_rng_create(4, &rng));
    cm_unet *net = network(SMALL_NET("1", "3", "1", "1", "0"), rng);
    cm_tensor *noise = normal(rng, 5, noise_shape), *labels = labels_of(3), *made = NULL;
    cm_graph *graph = NULL;
    OK(cm_graph_sample(net, 2, shape, 4, 1, &graph));
    OK(cm_graph_sample_run(graph, noise, labels, 8.0, k, &made));
    CHECK(cm_graph_captures(graph) == 0);

    cm_tensor *x = NULL, *part = NULL, *draw = NULL;
    OK(cm_narrow(noise, 0, 0, 1, &part));
    OK(cm_reshape(part, shape, 4, &draw));
    OK(cm_binary_scalar(CM_MUL, draw, 8.0, &x));
    for (int i = 0; i < 2; ++i) {
        cm_tensor *input = NULL, *time = NULL, *raw = NULL, *skip = NULL, *sum = NULL, *clip = NULL;
        OK(cm_binary_scalar(CM_MUL, x, k[6 + i], &input));
        OK(cm_tensor_full(k[8 + i], CM_F32, CM_CPU, &n, 1, &time));
        OK(cm_unet_forward(net, input, time, labels, 0, &raw));
        OK(cm_binary_scalar(CM_MUL, x, k[i], &skip));
        cm_tensor *scaled = NULL;
        OK(cm_binary_scalar(CM_MUL, raw, k[2 + i], &scaled));
        OK(cm_binary(CM_ADD, skip, scaled, &sum));
        OK(cm_clamp(sum, -1, 1, &clip));
        cm_tensor_free(x);
        x = clip;
        if (i == 0) {
            cm_tensor *next = NULL, *shaped = NULL, *more = NULL;
            OK(cm_narrow(noise, 0, 1, 1, &next));
            OK(cm_reshape(next, shape, 4, &shaped));
            OK(cm_binary_scalar(CM_MUL, shaped, k[4], &more));
            OK(cm_binary_inplace(CM_ADD, x, more));
            cm_tensor_free(next);
            cm_tensor_free(shaped);
            cm_tensor_free(more);
        }
        cm_tensor_free(input);
        cm_tensor_free(time);
        cm_tensor_free(raw);
        cm_tensor_free(skip);
        cm_tensor_free(scaled);
        cm_tensor_free(sum);
    }
    CHECK(apart(made, x) < 1e-4);
    cm_tensor *none = NULL;
    FAILS(CM_BAD_ARGUMENT, "noise", cm_graph_sample_run(graph, x, labels, 8.0, k, &none));
    FAILS(CM_BAD_ARGUMENT, "labels", cm_graph_sample_run(graph, noise, NULL, 8.0, k, &none));
    FAILS(CM_BAD_ARGUMENT, "graph", cm_graph_train_run(graph, x, x, NULL, k, 0, 0, 0, NULL, (double *)k));
    FAILS(CM_UNSUPPORTED, "CUDA", cm_unet_to(net, 0));
    OK(cm_unet_to(net, CM_CPU));
    cm_tensor_free(part);
    cm_tensor_free(draw);
    cm_tensor_free(x);
    cm_tensor_free(made);
    cm_tensor_free(noise);
    cm_tensor_free(labels);
    cm_graph_free(graph);
    cm_unet_free(net);
    cm_rng_free(rng);
}

/* A step that finds no finite number changes nothing; others move the weights and their average. */
static void training(void) {
    const int64_t shape[] = {N, 1, SIZE, SIZE};
    double k[CM_PAIR_COEFFICIENTS * N], losses[N + 1];
    const double row[] = {2, .4, .3, .8, .7, 1, .6, .5, .7, .2, 1}, rates[] = {.5};
    for (int r = 0; r < CM_PAIR_COEFFICIENTS; ++r)
        for (int i = 0; i < N; ++i) k[r * N + i] = row[r];
    cm_rng *rng = NULL;
    OK(cm_rng_create(5, &rng));
    cm_unet *net = network(SMALL_NET("1", "0", "1", "1", "0"), rng), *first = NULL;
    OK(cm_unet_clone(net, &first));
    cm_tensor *weights = NULL, *start = NULL, *average = NULL;
    OK(cm_unet_weights(net, &weights));
    OK(cm_unet_weights(first, &start));
    OK(cm_tensor_clone(weights, &average));
    int64_t info[CM_INFO_LENGTH];
    OK(cm_tensor_info(weights, info));
    cm_optim *optim = NULL;
    OK(cm_optim_create(CM_ADAM, .9, .99, 1e-8, 0, info[CM_INFO_NUMEL], &optim));
    cm_graph *graph = NULL;
    OK(cm_graph_train(net, NULL, optim, &average, 1, shape, 4, CM_DISTANCE_PSEUDO_HUBER, .03, 0, &graph));
    cm_tensor *x0 = normal(rng, 4, shape), *z = normal(rng, 4, shape), *nan = NULL;
    OK(cm_binary_scalar(CM_MUL, x0, NAN, &nan));
    OK(cm_graph_train_run(graph, nan, z, NULL, k, 1e-3, 1, 0, rates, losses));
    CHECK(apart(weights, start) == 0 && cm_optim_step_count(optim) == 0 && isnan(losses[0]));
    double last = 0;
    for (int i = 0; i < 5; ++i) {
        OK(cm_graph_train_run(graph, x0, z, NULL, k, 1e-3, 1, 0, rates, losses));
        const double mean = (losses[0] + losses[1] + losses[2]) / 3;
        CHECK(isfinite(losses[N]) && losses[N] > 0 && (i == 0 || mean < last));
        last = mean;
    }
    CHECK(cm_optim_step_count(optim) == 5 && apart(weights, start) > 1e-4);
    CHECK(apart(average, weights) > 1e-6 && apart(average, weights) < apart(start, weights));
    cm_tensor_free(weights);
    cm_tensor_free(start);
    cm_tensor_free(average);
    cm_tensor_free(x0);
    cm_tensor_free(z);
    cm_tensor_free(nan);
    cm_graph_free(graph);
    cm_optim_free(optim);
    cm_unet_free(net);
    cm_unet_free(first);
    cm_rng_free(rng);
}

int main(void) {
    same_as_plain(SMALL_NET("1", "3", "1", "1", "0"), 1, 3, CM_F32, 0, 1e-5, 1e-4);
    same_as_plain(SMALL_NET("3", "0", "0", "0", "0.2"), 3, 0, CM_F32, 1, 1e-5, 1e-4);
    same_as_plain(SMALL_NET("1", "3", "1", "0", "0.1"), 1, 3, CM_BF16, 0, 3e-2, 6e-2);
    sampling();
    training();
    return finish();
}
