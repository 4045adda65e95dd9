package dev.cm4j.parity;

import dev.cm4j.nn.Precision;
import dev.cm4j.nn.UNet;
import dev.cm4j.tensor.DType;
import dev.cm4j.tensor.Gradients;
import dev.cm4j.tensor.Layers;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Networks and their single operations. */
final class NetworkParity {

    private NetworkParity() {}

    /** Forward pass, and the gradients of sum(output · g), on the fast and the plain path. */
    static void unet(ReferenceCase reference) {
        try (UNet net = ReferenceNetworks.load(reference, reference.get("model"))) {
            checkForwardAndGradients(reference, net);
            net.plain(true);
            checkForwardAndGradients(reference, net);
        }
    }

    private static void checkForwardAndGradients(ReferenceCase reference, UNet net) {
        Optional<Tensor> labels = reference.optionalTensor("y");
        if (!reference.has("g")) {
            Tensor x = reference.tensor("x");
            reference.check("output", net.forward(x, reference.tensor("timesteps"), labels));
            return;
        }
        net.zeroGradients();
        try (var _ = Gradients.enabled()) {
            Tensor x = reference.tensor("x").requireGrad();
            Tensor output = net.forward(x, reference.tensor("timesteps"), labels);
            output.times(reference.tensor("g")).sum().backward();
            reference.check("output", output.detach());
            reference.checkIfPresent("grad_x", x.grad().orElseThrow());
        }
        checkGradients(reference, net, "grad");
        for (String name : net.parameterNames()) {
            reference.checkIfPresent("grad/" + name, net.gradient(name));
        }
    }

    /** Compares {@code <prefix>_norms} and {@code <prefix>_first16} of every gradient. */
    static void checkGradients(ReferenceCase reference, UNet net, String prefix) {
        List<Tensor> gradients = net.parameterNames().stream().map(net::gradient).toList();
        checkNorms(reference, prefix + "_norms", gradients);
        checkFirst16(reference, prefix + "_first16", gradients);
    }

    static void checkNorms(ReferenceCase reference, String name, List<Tensor> tensors) {
        if (reference.has(name)) {
            reference.check(
                    name,
                    tensors.stream().mapToDouble(t -> t.to(DType.F64).norm().item()).toArray());
        }
    }

    static void checkFirst16(ReferenceCase reference, String name, List<Tensor> tensors) {
        if (!reference.has(name)) {
            return;
        }
        double[] values = new double[16 * tensors.size()];
        for (int i = 0; i < tensors.size(); i++) {
            try (Scope _ = Scope.open()) {
                Tensor flat = tensors.get(i).contiguous().reshape(-1);
                long length = Math.min(16, flat.elementCount());
                double[] head = flat.narrow(0, 0, length).to(DType.F64).toDoubles();
                System.arraycopy(head, 0, values, 16 * i, head.length);
            }
        }
        reference.check(name, values);
    }

    /** Our low precision against the recorded float32 output, within the recorded tolerance. */
    static void lowPrecision(ReferenceCase reference) {
        try (UNet net = ReferenceNetworks.load(reference, reference.get("model"))) {
            Tensor x = reference.tensor("x");
            Tensor t = reference.tensor("timesteps");
            Optional<Tensor> labels = reference.optionalTensor("y");
            reference.check("output_float32", net.forward(x, t, labels));
            for (Precision precision : List.of(Precision.F16, Precision.BF16)) {
                net.precision(precision);
                near(reference, precision, net.forward(x, t, labels));
            }
        }
    }

    /** What is stored of a low precision depends on the machine that computed it, its size not. */
    private static void near(ReferenceCase reference, Precision precision, Tensor output) {
        double worst = output.minus(reference.tensor("output_float32")).abs().max().item();
        String prefix = precision == Precision.F16 ? "output_float16_" : "output_bfloat16_";
        reference
                .get("tensors")
                .properties()
                .forEach(entry -> {
                    double allowed = entry.getValue().path("atol").asDouble();
                    if (entry.getKey().startsWith(prefix) && !(worst <= allowed)) {
                        throw new AssertionError(
                                "%s: %s differs by %s from float32, allowed for %s are %s"
                                        .formatted(
                                                reference.name(),
                                                precision,
                                                worst,
                                                entry.getKey(),
                                                allowed));
                    }
                });
    }

    /** Checkpointing, and each sample alone, leave the numbers of the other case as they are. */
    static void invariance(ReferenceCase reference) {
        var source = reference.folder().resolve(reference.get("inputs_from").asText()).getParent();
        try (ReferenceCase original = ReferenceCase.open(source.normalize());
                UNet net = ReferenceNetworks.load(reference, reference.get("model"))) {
            net.checkpointing(true);
            checkForwardAndGradients(original, net);
            net.checkpointing(false);
            Tensor x = original.tensor("x");
            Tensor t = original.tensor("timesteps");
            Optional<Tensor> labels = original.optionalTensor("y");
            List<Tensor> alone = new ArrayList<>();
            for (int i = 0; i < x.size(0); i++) {
                int row = i;
                alone.add(
                        net.forward(
                                x.narrow(0, row, 1),
                                t.narrow(0, row, 1),
                                labels.map(y -> y.narrow(0, row, 1))));
            }
            original.check("output", Tensor.cat(0, alone));
        }
    }

    static void operations(ReferenceCase reference) {
        for (var spec : reference.get("group_norm")) {
            String name = spec.path("name").asText();
            try (var _ = Gradients.enabled()) {
                Tensor x = reference.tensor(name + "/x").requireGrad();
                Tensor weight = reference.tensor(name + "/weight").requireGrad();
                Tensor y = Layers.groupNorm(x, 32, weight, reference.tensor(name + "/bias"), 1e-5);
                y.times(reference.tensor(name + "/g")).sum().backward();
                reference.check(name + "/y", y.detach());
                reference.check(name + "/grad_x", x.grad().orElseThrow());
                reference.check(name + "/grad_weight", weight.grad().orElseThrow());
            }
        }
        for (var spec : reference.get("attention")) {
            String name = spec.path("name").asText();
            try (var _ = Gradients.enabled()) {
                Tensor qkv = reference.tensor(name + "/qkv").requireGrad();
                Tensor y = Layers.attention(qkv, spec.path("heads").asInt());
                y.times(reference.tensor(name + "/g")).sum().backward();
                reference.check(name + "/y", y.detach());
                reference.check(name + "/grad_qkv", qkv.grad().orElseThrow());
            }
        }
        Tensor x = reference.tensor("resize/x");
        reference.check("resize/nearest_x2", Layers.resizeNearest(x, 2 * x.size(2), 2 * x.size(3)));
        reference.check("resize/average_half", Layers.averagePool(x, 2, 2, 0));
        reference.check(
                "resize/strided_conv",
                Layers.conv2d(
                        x,
                        reference.tensor("resize/conv_weight"),
                        Optional.of(reference.tensor("resize/conv_bias")),
                        2,
                        1));
    }
}
