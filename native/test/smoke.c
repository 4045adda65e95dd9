/* A walk through the library: each section once, with results that are known in closed form. */
#include <math.h>
#include <stdlib.h>

#include "test.h"

static int released = 0;
static void on_release(int64_t ticket) { released += (int)ticket; }

static void library(void) {
    char info[4096];
    CHECK(cm_abi_version() == CM_ABI_VERSION);
    CHECK(strcmp(cm_version(), "0.1.0") == 0);
    CHECK(cm_torch_runtime_version() == 0 || cm_torch_runtime_version() >= 211);
    CHECK(cm_library_info(info, sizeof info) < (int64_t)sizeof info);
    const char *const keys[] = {"isa=", "kernels=", "precision=", "threads=", "cores=",
                                "cuda=", "compiler=", "onednn=",    "torch="};
    for (unsigned i = 0; i < sizeof keys / sizeof keys[0]; ++i) CHECK(strstr(info, keys[i]) != NULL);
    CHECK(cm_library_info(NULL, 0) == (int64_t)strlen(info));
    CHECK(cm_library_info(info, 4) > 4 && strlen(info) == 3);
    OK(cm_threads_set(1));
    CHECK(cm_threads_get() == 1);
    OK(cm_threads_set(2));
    CHECK(cm_threads_get() == 2);
}

static void tensors(void) {
    const int64_t shape[] = {2, 3};
    const float values[] = {1, 2, 3, 4, 5, 6};
    float back[6];
    int64_t info[CM_INFO_LENGTH];
    cm_tensor *t = NULL, *turned = NULL, *rows = NULL, *half = NULL;
    OK(cm_tensor_from_host(values, sizeof values, CM_F32, shape, 2, &t));
    OK(cm_permute(t, (const int64_t[]){1, 0}, 2, &turned));
    OK(cm_tensor_info(turned, info));
    CHECK(info[CM_INFO_RANK] == 2 && info[CM_INFO_SIZES] == 3 && info[CM_INFO_SIZES + CM_MAX_RANK] == 1);
    CHECK(info[CM_INFO_CONTIGUOUS] == 0 && info[CM_INFO_DEVICE] == CM_CPU && info[CM_INFO_NUMEL] == 6);
    OK(cm_tensor_to_host(turned, back, sizeof back));
    CHECK(back[0] == 1 && back[1] == 4 && back[5] == 6);
    OK(cm_tensor_contiguous(turned, &rows));
    OK(cm_tensor_fill(t, 9));
    CHECK(first(turned) == 9 && first(rows) == 1); /* a view and a copy */
    OK(cm_tensor_to(t, CM_BF16, CM_CPU, &half));
    OK(cm_tensor_info(half, info));
    CHECK(info[CM_INFO_DTYPE] == CM_BF16);
    cm_tensor_reset(t);
    FAILS(CM_BAD_ARGUMENT, "reset", cm_tensor_info(t, info));
    cm_tensor_free(t);
    cm_tensor_free(turned);
    cm_tensor_free(rows);
    cm_tensor_free(half);
}

static void wrapping(void) {
    float memory[4] = {1, 2, 3, 4};
    cm_tensor *whole = NULL, *part = NULL;
    released = 0;
    OK(cm_tensor_wrap(memory, sizeof memory, CM_F32, (const int64_t[]){4}, 1, on_release, 7, &whole));
    OK(cm_narrow(whole, 0, 2, 1, &part));
    cm_tensor_free(whole);
    CHECK(released == 0); /* the part still needs the memory */
    memory[2] = 30;
    CHECK(first(part) == 30);
    cm_tensor_free(part);
    CHECK(released == 7);
}

static void gradients(void) {
    const int64_t shape[] = {3};
    int32_t before = -1;
    cm_tensor *x = filled(2, 1, shape), *square = NULL, *sum = NULL, *gradient = NULL;
    OK(cm_grad_mode_set(1, &before));
    CHECK(before == 0);
    OK(cm_requires_grad_set(x, 1));
    OK(cm_grad(x, &gradient));
    CHECK(gradient == NULL);
    OK(cm_unary(CM_SQUARE, x, &square));
    OK(cm_reduce(CM_SUM, square, NULL, 0, 0, &sum));
    OK(cm_backward(sum, NULL));
    OK(cm_grad_mode_set(before, NULL));
    OK(cm_grad(x, &gradient));
    CHECK(first(gradient) == 4);
    cm_tensor_free(x);
    cm_tensor_free(square);
    cm_tensor_free(sum);
    cm_tensor_free(gradient);
}

static void random_numbers(void) {
    /* Recorded from PyTorch, seed 42: a draw of 4 and the start of a draw of 16. */
    const float four[] = {.336690366F, .128809407F, .234462366F, .23033303F};
    const float sixteen[] = {1.92691529F, 1.48728406F, .900717199F, -2.10552096F};
    float got[16];
    cm_rng *rng = NULL;
    cm_tensor *t = NULL;
    OK(cm_rng_create(42, &rng));
    OK(cm_rng_draw(CM_NORMAL, rng, 0, 0, (const int64_t[]){4}, 1, &t));
    OK(cm_tensor_to_host(t, got, 16));
    for (int i = 0; i < 4; ++i) CHECK(fabsf(got[i] - four[i]) < 1e-6F);
    cm_tensor_free(t);
    OK(cm_rng_seed(rng, 42));
    OK(cm_rng_draw(CM_NORMAL, rng, 0, 0, (const int64_t[]){16}, 1, &t));
    OK(cm_tensor_to_host(t, got, 64));
    for (int i = 0; i < 4; ++i) CHECK(fabsf(got[i] - sixteen[i]) < 1e-6F);
    cm_tensor_free(t);

    int64_t bytes = 0;
    OK(cm_rng_state_get(rng, NULL, 0, &bytes));
    CHECK(bytes == 5056);
    void *state = malloc((size_t)bytes);
    cm_tensor *one = NULL, *two = NULL;
    OK(cm_rng_state_get(rng, state, bytes, NULL));
    OK(cm_rng_draw(CM_UNIFORM, rng, 0, 0, (const int64_t[]){1}, 1, &one));
    OK(cm_rng_state_set(rng, state, bytes));
    OK(cm_rng_draw(CM_UNIFORM, rng, 0, 0, (const int64_t[]){1}, 1, &two));
    CHECK(first(one) == first(two));
    free(state);
    cm_tensor_free(one);
    cm_tensor_free(two);
    cm_rng_free(rng);
}

static void noise(void) {
    const int64_t images[] = {5, 1LL << 40, -1};
    float all[3 * 300], alone[300];
    cm_tensor *rows = filled(0, 2, (const int64_t[]){3, 300});
    cm_tensor *row = filled(0, 2, (const int64_t[]){1, 300});
    OK(cm_noise_normal(1, images, 3, 2, rows));
    OK(cm_tensor_to_host(rows, all, sizeof all));
    for (int n = 0; n < 3; ++n) {
        OK(cm_noise_normal(1, images + n, 1, 2, row));
        OK(cm_tensor_to_host(row, alone, sizeof alone));
        CHECK(memcmp(alone, all + 300 * n, sizeof alone) == 0);
    }
    OK(cm_noise_uniform(1, images, 3, 2, rows));
    OK(cm_tensor_to_host(rows, all, sizeof all));
    for (int i = 0; i < 900; ++i) CHECK(all[i] >= 0 && all[i] < 1);
    cm_tensor_free(rows);
    cm_tensor_free(row);
}

static void memory(void) {
    const int64_t before = cm_memory_bytes(CM_MEMORY_NOW);
    cm_tensor *held = filled(0, 1, (const int64_t[]){1000});
    cm_tensor *refused = NULL;
    CHECK(cm_memory_bytes(CM_MEMORY_NOW) == before + 4000);
    OK(cm_memory_limit_set(before + 6000));
    FAILS(CM_OUT_OF_MEMORY, "limit",
          cm_tensor_empty(CM_F32, CM_CPU, (const int64_t[]){1000}, 1, &refused));
    CHECK(refused == NULL && cm_memory_bytes(CM_MEMORY_NOW) == before + 4000);
    OK(cm_memory_limit_set(0));
    FAILS(CM_OUT_OF_MEMORY, "allocate",
          cm_tensor_empty(CM_F32, CM_CPU, (const int64_t[]){1LL << 45}, 1, &refused));
    cm_tensor_free(held);
    CHECK(cm_memory_bytes(CM_MEMORY_NOW) == before);
    CHECK(cm_memory_bytes(CM_MEMORY_PEAK) >= before + 4000);
    cm_memory_peak_reset();
    CHECK(cm_memory_bytes(CM_MEMORY_PEAK) == before);
}

/* RAdam on p^2 / 2 from 1 at rate .1, and an average beside it. */
static void optimiser(void) {
    const double expected[] = {.9, .805263157895, .715770052437, .63148663009,
                               .552364195102, .549920979219, .546862953215, .543278166168};
    const double rates[] = {.5};
    cm_optim *optim = NULL;
    cm_tensor *p = filled(1, 1, (const int64_t[]){1});
    cm_tensor *average = filled(0, 1, (const int64_t[]){1});
    cm_tensor *const averages[] = {average};
    cm_tensor *moment = NULL;
    double mean = 0;
    OK(cm_optim_create(CM_RADAM, .9, .999, 1e-8, 0, 1, &optim));
    for (int i = 0; i < 8; ++i) {
        OK(cm_optim_step(optim, p, p, .1, 1, averages, rates, 1));
        mean = .5 * mean + .5 * expected[i];
        CHECK(fabs(first(p) - expected[i]) < 1e-6 && fabs(first(average) - mean) < 1e-6);
    }
    CHECK(cm_optim_step_count(optim) == 8);
    OK(cm_optim_step_count_set(optim, 3));
    CHECK(cm_optim_step_count(optim) == 3);
    OK(cm_optim_moment(optim, CM_EXP_AVG, &moment));
    CHECK(first(moment) > 0);
    cm_tensor_free(moment);
    cm_tensor_free(p);
    cm_tensor_free(average);
    cm_optim_free(optim);
}

int main(void) {
    library();
    tensors();
    wrapping();
    gradients();
    random_numbers();
    noise();
    memory();
    optimiser();
    return finish();
}
