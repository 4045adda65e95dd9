package dev.cm4j.train;

import dev.cm4j.nn.UNet;
import dev.cm4j.nn.UNetConfig;
import dev.cm4j.schedule.Streams;
import dev.cm4j.tensor.Device;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;

/**
 * What a student begins with: the weights of its teacher where name and shape agree, random ones
 * elsewhere.
 *
 * @param network the caller's to close
 * @param taken weights that came from the teacher
 * @param all weights of the network
 */
public record FirstWeights(UNet network, int taken, int all) {

    /**
     * Makes them.
     *
     * @param teacher borrowed
     * @param config shape of the student
     * @param seed of the run
     */
    public static FirstWeights of(UNet teacher, UNetConfig config, long seed) {
        UNet student = UNet.create(config, new Streams(seed).weights());
        Set<String> known = new HashSet<>(teacher.parameterNames());
        int taken = 0;
        try (Scope _ = Scope.open()) {
            for (String name : student.parameterNames()) {
                Tensor weight = student.parameter(name);
                if (known.contains(name)
                        && Arrays.equals(weight.shape(), teacher.parameter(name).shape())) {
                    weight.assign(teacher.parameter(name).to(Device.CPU));
                    taken++;
                }
            }
        } catch (RuntimeException e) {
            student.close();
            throw e;
        }
        return new FirstWeights(student, taken, student.parameterNames().size());
    }
}
