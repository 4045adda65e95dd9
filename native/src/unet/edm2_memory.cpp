#include <algorithm>
#include <vector>

#include "attention.h"
#include "edm2_plan.h"
#include "plain_memory.h"

namespace cm4j {

namespace {

// float32 values of one block for all images. Terms are in the order of edm2_network.cpp.
struct Edm2Cost {
    int64_t joined = 0;      // the concatenation it reads
    int64_t owed = 0;        // of it: what the encoder kept, whose gradient waits for the encoder
    int64_t output = 0;
    int64_t inside = 0;      // kept for the backward pass
    int64_t normalised = 0;  // its weights once more, kept likewise
    int64_t forward = 0;     // while it runs without keeping anything, without input and output
    int64_t backward = 0;    // gradients and copies while it is taken backwards, beside what is kept
};

Edm2Cost cost_of(const Edm2BlockPlan& block, int64_t images, int64_t tokens, bool dropout) {
    const int64_t area = images * tokens, in = block.in * area, out = block.out * area;
    const int64_t read = block.decoder ? block.in : block.out;  // channels that the first convolution reads
    const int64_t first = read * block.out * 9, second = block.out * block.out * 9;
    const int64_t skip = block.in != block.out ? block.in * block.out : 0;
    const int64_t most = std::max(first, second);
    Edm2Cost cost;
    cost.joined = block.kept > 0 ? in : 0;
    cost.owed = block.kept * area;
    cost.output = out;
    cost.normalised = first + second + skip + (block.heads > 0 ? 4 * block.out * block.out : 0);
    if (block.resize != Resize::none) cost.inside += in;
    if (!block.decoder) cost.inside += (block.in != block.out ? 2 : 1) * out;  // convolution, pixel norm
    cost.inside += read * area + 3 * out;  // SiLU; convolution, scaled, SiLU
    if (dropout) cost.inside += out;       // the mask; the product replaces the SiLU
    cost.inside += out;                    // what is clipped
    cost.forward = (block.decoder ? 0 : out) + 2 * read * area + out + most + most / 2;  // around the first convolution
    cost.backward = 2 * read * area + 3 * out + 2 * most;
    if (block.heads > 0) {
        const int64_t square = images * block.heads * tokens * tokens;
        cost.inside += 10 * out + square;  // what goes in, qkv, normalised, scaled q and k, the mixture
        // Where nothing is recorded, two matrices of a few heads serve all.
        const int64_t matrices = 2 * heads_at_once(tokens, images * block.heads) * tokens * tokens;
        cost.forward = std::max(cost.forward, 10 * out + matrices);
        cost.backward = std::max(cost.backward, 7 * out + 3 * square);
    }
    return cost;
}

// Follows the blocks over the picture sizes.
std::vector<Edm2Cost> costs_of(const std::vector<Edm2BlockPlan>& blocks, int64_t images, int64_t area, bool dropout) {
    std::vector<Edm2Cost> costs;
    for (const Edm2BlockPlan& block : blocks) {
        if (block.resize == Resize::down) area /= 4;
        if (block.resize == Resize::up) area *= 4;
        costs.push_back(cost_of(block, images, area, dropout));
    }
    return costs;
}

}  // namespace

PlainBytes edm2_bytes(const UNetConfig& config, int64_t n, int64_t h, int64_t w, bool recording, bool checkpoint) {
    const Edm2Plan plan(config);
    const auto blocks = plan.blocks();
    const auto costs = costs_of(blocks, n, h * w, config.dropout > 0);
    const int64_t area = n * h * w, first = plan.features * area, input = (config.in_channels + 1) * area;
    const int64_t output = config.out_channels * area;
    if (!recording) {
        int64_t waiting = first, current = 0, peak = 2 * input + 2 * first;
        std::vector<int64_t> kept = {first};
        for (size_t i = 0; i < blocks.size(); ++i) {
            const Edm2Cost& cost = costs[i];
            if (blocks[i].kept > 0) {
                peak = std::max(peak, waiting + current + 2 * cost.joined);
                waiting -= kept.back();
                kept.pop_back();
                current = cost.joined;
            }
            peak = std::max(peak, waiting + current + cost.forward + cost.output);
            current = blocks[i].decoder ? cost.output : 0;
            if (blocks[i].decoder) continue;
            waiting += cost.output;
            kept.push_back(cost.output);
        }
        peak = std::max(peak, current + 2 * output);
        return {output * 4, (peak - output) * 4};
    }
    // What a block reads stays, unless it was replaced: by a concatenation or, where blocks keep more than their
    // input, by an enlarged picture.
    const auto replaces = [&](size_t i) {
        return i < blocks.size() && (blocks[i].kept > 0 || (!checkpoint && blocks[i].resize == Resize::up));
    };
    int64_t held = input + first + output, peak = 0;
    for (size_t i = 0; i < blocks.size(); ++i) {
        if (replaces(i)) held -= costs[i - 1].output;
        held += costs[i].joined + costs[i].output + (checkpoint ? 0 : costs[i].inside + costs[i].normalised);
        peak = std::max(peak, held + (checkpoint ? costs[i].forward : 0));
    }
    const int64_t activations = held;
    peak = std::max(peak, held + 2 * plan.head_channels * area);
    held -= output;
    std::vector<int64_t> owed;
    for (size_t i = blocks.size(); i-- > 0;) {
        const Edm2Cost& cost = costs[i];
        const int64_t inside = cost.inside + cost.normalised;
        peak = std::max(peak, held + cost.backward + (checkpoint ? inside + cost.output : 0));
        held -= cost.joined + (replaces(i + 1) ? 0 : cost.output) + (checkpoint ? 0 : inside);
        if (cost.owed > 0) {
            owed.push_back(cost.owed);
            held += cost.owed;
        } else if (!blocks[i].decoder) {
            held -= owed.back();
            owed.pop_back();
        }
    }
    return {activations * 4, (peak - activations) * 4};
}

}  // namespace cm4j
