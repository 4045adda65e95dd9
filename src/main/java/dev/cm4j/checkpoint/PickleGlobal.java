package dev.cm4j.checkpoint;

import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The closed list of names a pickle may use. None is ever looked up as code; each stands for a case
 * in {@link TorchReducer}.
 */
enum PickleGlobal {
    ORDERED_DICT,
    COUNTER,
    SET,
    BYTEARRAY,
    COMPLEX,
    ENCODE,
    SIZE,
    DEVICE,
    DTYPE,
    PARAMETER,
    STORAGE,
    UNTYPED_STORAGE,
    TYPED_STORAGE,
    REBUILD_TENSOR,
    REBUILD_TENSOR_V2,
    REBUILD_TENSOR_V3,
    REBUILD_PARAMETER,
    REBUILD_PARAMETER_WITH_STATE;

    private static final Map<String, PickleGlobal> NAMES =
            Map.ofEntries(
                    Map.entry("collections.OrderedDict", ORDERED_DICT),
                    Map.entry("collections.Counter", COUNTER),
                    Map.entry("builtins.set", SET),
                    Map.entry("builtins.bytearray", BYTEARRAY),
                    Map.entry("builtins.complex", COMPLEX),
                    Map.entry("_codecs.encode", ENCODE),
                    Map.entry("torch.Size", SIZE),
                    Map.entry("torch.device", DEVICE),
                    Map.entry("torch.nn.parameter.Parameter", PARAMETER),
                    Map.entry("torch.storage.UntypedStorage", UNTYPED_STORAGE),
                    Map.entry("torch.storage.TypedStorage", TYPED_STORAGE),
                    Map.entry("torch._utils._rebuild_tensor", REBUILD_TENSOR),
                    Map.entry("torch._utils._rebuild_tensor_v2", REBUILD_TENSOR_V2),
                    Map.entry("torch._utils._rebuild_tensor_v3", REBUILD_TENSOR_V3),
                    Map.entry("torch._utils._rebuild_parameter", REBUILD_PARAMETER),
                    Map.entry(
                            "torch._utils._rebuild_parameter_with_state",
                            REBUILD_PARAMETER_WITH_STATE));

    /** Element types that exist in PyTorch and that no tensor here can have. */
    private static final Set<String> OTHER_DTYPES =
            Set.of(
                    "uint16",
                    "uint32",
                    "uint64",
                    "complex32",
                    "chalf",
                    "qint8",
                    "quint8",
                    "qint32",
                    "quint4x2",
                    "quint2x4",
                    "float8_e4m3fn",
                    "float8_e5m2",
                    "float8_e4m3fnuz",
                    "float8_e5m2fnuz",
                    "float8_e8m0fnu");

    /** The global of a full name, empty where it is not on the list. */
    static Optional<PickleValue.Global> named(String module, String name) {
        String home =
                switch (module) {
                    case "__builtin__" -> "builtins";
                    case "copy_reg" -> "copyreg";
                    default -> module;
                };
        String full = home + "." + name;
        PickleGlobal global = NAMES.get(full);
        if (global == null && home.equals("torch")) {
            if (TorchElement.ofStorage(name).isPresent()) {
                global = STORAGE;
            } else if (TorchElement.ofDtype(name).isPresent() || OTHER_DTYPES.contains(name)) {
                global = DTYPE;
            }
        }
        return Optional.ofNullable(global).map(which -> new PickleValue.Global(which, full));
    }
}
