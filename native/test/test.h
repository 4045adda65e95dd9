/* What the tests share: checks that count failures, and short ways to make tensors. */
#ifndef CM4J_TEST_H
#define CM4J_TEST_H

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "cm4j.h"

static int failures = 0;

/* The sentence of the last failure on this thread. */
static inline const char *sentence(void) {
    static char text[2048];
    cm_last_error(text, sizeof text);
    return text;
}

#define CHECK(condition)                                                      \
    do {                                                                      \
        if (!(condition)) {                                                   \
            ++failures;                                                       \
            fprintf(stderr, "%s:%d: failed: %s\n", __FILE__, __LINE__, #condition); \
        }                                                                     \
    } while (0)

/* The call succeeds. */
#define OK(call)                                                                                      \
    do {                                                                                              \
        const cm_status status_ = (call);                                                             \
        if (status_ != CM_OK) {                                                                       \
            ++failures;                                                                               \
            fprintf(stderr, "%s:%d: status %d: %s\n  %s\n", __FILE__, __LINE__, status_, #call, sentence()); \
        }                                                                                             \
    } while (0)

/* The call fails with this status and leaves a sentence that contains a word. */
#define FAILS(expected, word, call)                                                             \
    do {                                                                                        \
        const cm_status status_ = (call);                                                       \
        if (status_ != (expected) || strstr(sentence(), word) == NULL) {                        \
            ++failures;                                                                         \
            fprintf(stderr, "%s:%d: status %d, not %d with '%s': %s\n  %s\n", __FILE__, __LINE__, status_, \
                    (int)(expected), word, #call, sentence());                                  \
        }                                                                                       \
    } while (0)

/* A float32 tensor filled with one value. */
static inline cm_tensor *filled(double value, int32_t ndim, const int64_t *shape) {
    cm_tensor *t = NULL;
    OK(cm_tensor_full(value, CM_F32, CM_CPU, shape, ndim, &t));
    return t;
}

/* The first element of a float32 tensor. */
static inline float first(const cm_tensor *t) {
    int64_t info[CM_INFO_LENGTH];
    float value = 0;
    OK(cm_tensor_info(t, info));
    if (info[CM_INFO_DATA] != 0) memcpy(&value, (const void *)(uintptr_t)info[CM_INFO_DATA], sizeof value);
    return value;
}

/* Ends a test: no handle may be left. */
static inline int finish(void) {
    for (int32_t kind = 0; kind < CM_KIND_COUNT; ++kind) CHECK(cm_live_count(kind) == 0);
    if (failures == 0) printf("ok\n");
    return failures == 0 ? 0 : 1;
}

/* Small networks: 16 pixels, 32 channels, two levels, attention at the lower one. */
#define SMALL_NET(channels, classes, scale_shift, updown, dropout)                                    \
    "image_size=16\nin_channels=" channels "\nout_channels=" channels                                 \
    "\nmodel_channels=32\nnum_res_blocks=1\nchannel_mult=1,2\nattention_downsample=2\nnum_heads=1\n"  \
    "num_heads_upsample=-1\nnum_head_channels=32\nnum_classes=" classes "\npatch=1\ndropout=" dropout \
    "\nuse_scale_shift_norm=" scale_shift "\nresblock_updown=" updown "\nconv_resample=1\nqkv_order=three-head\n"

#endif /* CM4J_TEST_H */
