// Plain attention by definition, in double.
#include <algorithm>
#include <cmath>
#include <vector>

#include "portable_table.h"

namespace cm4j::fast::portable {
namespace {

// One head of one image; which: 0 q, 1 k, 2 v.
template <typename E>
struct Head {
    const Attention<E>& args;
    int64_t image, head;

    int64_t channel(int which, int64_t i) const { return (which * args.heads + head) * args.width + i; }
    double at(int which, int64_t token, int64_t i) const {
        return to_float(args.qkv.pixel(image * args.tokens + token)[channel(which, i)]);
    }
    double scale() const { return 1 / std::sqrt(static_cast<double>(args.width)); }

    std::vector<double> weights(int64_t query) const {
        std::vector<double> w(static_cast<size_t>(args.tokens));
        for (int64_t j = 0; j < args.tokens; j++) {
            for (int64_t i = 0; i < args.width; i++) w[j] += at(0, query, i) * at(1, j, i) * scale();
        }
        const double top = *std::max_element(w.begin(), w.end());
        double sum = 0;
        for (double& v : w) sum += v = std::exp(v - top);
        for (double& v : w) v /= sum;
        return w;
    }
};

}  // namespace

template <typename E>
void attention_forward(const AttentionForward<E>& args) {
    for (int64_t item = 0; item < args.images * args.heads; item++) {
        const Head<E> head{args, item / args.heads, item % args.heads};
        for (int64_t query = 0; query < args.tokens; query++) {
            const auto w = head.weights(query);
            for (int64_t i = 0; i < args.width; i++) {
                double sum = 0;
                for (int64_t j = 0; j < args.tokens; j++) sum += w[j] * head.at(2, j, i);
                args.y.pixel(head.image * args.tokens + query)[head.channel(0, i)] = rounded<E>(static_cast<float>(sum));
            }
        }
    }
}

template <typename E>
void attention_backward(const AttentionBackward<E>& args) {
    for (int64_t item = 0; item < args.images * args.heads; item++) {
        const Head<E> head{args, item / args.heads, item % args.heads};
        std::vector<double> gradient[3];
        for (auto& g : gradient) g.resize(static_cast<size_t>(args.tokens * args.width));
        for (int64_t query = 0; query < args.tokens; query++) {
            const auto w = head.weights(query);
            const auto dy = [&](int64_t i) -> double {
                return to_float(args.dy.pixel(head.image * args.tokens + query)[head.channel(0, i)]);
            };
            std::vector<double> dw(w.size());
            double mean = 0;
            for (int64_t j = 0; j < args.tokens; j++) {
                for (int64_t i = 0; i < args.width; i++) dw[j] += dy(i) * head.at(2, j, i);
                mean += w[j] * dw[j];
            }
            for (int64_t j = 0; j < args.tokens; j++) {
                const double ds = w[j] * (dw[j] - mean) * head.scale();
                for (int64_t i = 0; i < args.width; i++) {
                    gradient[0][query * args.width + i] += ds * head.at(1, j, i);
                    gradient[1][j * args.width + i] += ds * head.at(0, query, i);
                    gradient[2][j * args.width + i] += w[j] * dy(i);
                }
            }
        }
        for (int which = 0; which < 3; which++) {
            for (int64_t j = 0; j < args.tokens; j++) {
                E* row = args.dqkv.pixel(head.image * args.tokens + j);
                for (int64_t i = 0; i < args.width; i++) {
                    row[head.channel(which, i)] = rounded<E>(static_cast<float>(gradient[which][j * args.width + i]));
                }
            }
        }
    }
}

template void attention_forward(const AttentionForward<bf16>& args);
template void attention_forward(const AttentionForward<float>& args);
template void attention_backward(const AttentionBackward<bf16>& args);
template void attention_backward(const AttentionBackward<float>& args);

}  // namespace cm4j::fast::portable
