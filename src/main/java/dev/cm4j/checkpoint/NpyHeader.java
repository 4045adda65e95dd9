package dev.cm4j.checkpoint;

import dev.cm4j.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What stands before the numbers of a NumPy array.
 *
 * <pre>
 *   93 'NUMPY' · major · minor · length (u16, from version 2 on u32) ·
 *   {'descr': '|u1', 'fortran_order': False, 'shape': (10, 28, 28, 1), } padded with spaces, '\n'
 * </pre>
 *
 * <p>Source: NumPy, {@code numpy/lib/format.py}.
 *
 * @param dtype type of an element, once read
 * @param width bytes of an element in the file
 * @param unsigned whether the numbers are unsigned ones of several bytes, which a signed type holds
 * @param bigEndian whether the bytes of a number are the other way round
 * @param shape sizes
 * @param fortran whether the first index runs fastest
 * @param length bytes of the header, where the numbers begin
 */
record NpyHeader(
        DType dtype,
        int width,
        boolean unsigned,
        boolean bigEndian,
        long[] shape,
        boolean fortran,
        int length) {

    private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
    private static final int SHORT_PREFIX = 10;
    private static final int LONG_PREFIX = 12;
    private static final int LONGEST = 10_000;
    private static final int ALIGNMENT = 64;
    private static final int MOST_DIGITS = 18;
    private static final Map<String, DType> TYPES =
            Map.of(
                    "u1",
                    DType.U8,
                    "b1",
                    DType.BOOL,
                    "i1",
                    DType.I8,
                    "i2",
                    DType.I16,
                    "i4",
                    DType.I32,
                    "i8",
                    DType.I64,
                    "f2",
                    DType.F16,
                    "f4",
                    DType.F32,
                    "f8",
                    DType.F64);
    private static final Map<String, DType> WIDENED =
            Map.of("u2", DType.I32, "u4", DType.I64, "u8", DType.I64);
    private static final Pattern DESCR = Pattern.compile("'descr': *'([|<>=])([a-z][0-9]+)'");
    private static final Pattern ORDER = Pattern.compile("'fortran_order': *(True|False)");
    private static final Pattern SHAPE = Pattern.compile("'shape': *\\(([0-9, L]*)\\)");

    /**
     * Reads a header.
     *
     * @param file for messages
     * @param name of the array, for messages
     * @param bytes the array from its first byte
     * @return the header
     * @throws FormatException if it is damaged or of a type cm4j has no use for
     */
    static NpyHeader parse(Path file, String name, MemorySegment bytes) {
        if (bytes.byteSize() < LONG_PREFIX
                || bytes.asSlice(0, MAGIC.length).mismatch(MemorySegment.ofArray(MAGIC)) >= 0) {
            throw new FormatException(file, name + " with other first bytes", "a NumPy array");
        }
        int version = bytes.get(ValueLayout.JAVA_BYTE, MAGIC.length);
        if (version < 1 || version > 3) {
            throw new FormatException(file, name + " of version " + version, "1 to 3");
        }
        int prefix = version == 1 ? SHORT_PREFIX : LONG_PREFIX;
        long length = version == 1 ? MappedFile.u16(bytes, 8) : MappedFile.u32(bytes, 8);
        if (length > LONGEST) {
            throw new FormatException(
                    file, name + " with a header of " + length + " bytes", "at most " + LONGEST);
        }
        if (prefix + length > bytes.byteSize()) {
            throw new FormatException(
                    file,
                    "%s with %d bytes of a header of %d"
                            .formatted(name, bytes.byteSize() - prefix, length),
                    "a whole array; was it cut short?");
        }
        String text =
                new String(
                        MappedFile.bytes(bytes, prefix, (int) length), StandardCharsets.ISO_8859_1);
        if (!text.startsWith("{") || !text.endsWith("\n") || !text.strip().endsWith("}")) {
            throw bad(file, name, text);
        }
        Matcher descr = find(file, name, DESCR, text);
        String code = descr.group(2);
        DType dtype = TYPES.getOrDefault(code, WIDENED.get(code));
        if (dtype == null) {
            throw new FormatException(
                    file,
                    name + " has elements of type " + code,
                    "one of "
                            + Stream.of(TYPES, WIDENED)
                                    .flatMap(types -> types.keySet().stream())
                                    .sorted()
                                    .toList());
        }
        int width = code.charAt(1) - '0';
        return new NpyHeader(
                dtype,
                width,
                WIDENED.containsKey(code),
                descr.group(1).equals(">") && width > 1,
                shape(file, name, find(file, name, SHAPE, text).group(1)),
                find(file, name, ORDER, text).group(1).equals("True"),
                prefix + (int) length);
    }

    /** The bytes of a header, version 1, for little-endian numbers in row-major order. */
    static byte[] encode(DType dtype, long... shape) {
        String code =
                TYPES.entrySet().stream()
                        .filter(entry -> entry.getValue() == dtype)
                        .map(Map.Entry::getKey)
                        .findFirst()
                        .orElseThrow(
                                () -> new IllegalArgumentException("NumPy has no type " + dtype));
        String sizes =
                Arrays.stream(shape).mapToObj(Long::toString).collect(Collectors.joining(", "));
        String text =
                "{'descr': '%s%s', 'fortran_order': False, 'shape': (%s), }"
                        .formatted(
                                dtype.bytes() == 1 ? "|" : "<",
                                code,
                                shape.length == 1 ? sizes + "," : sizes);
        int unpadded = SHORT_PREFIX + text.length() + 1;
        int padding = (ALIGNMENT - unpadded % ALIGNMENT) % ALIGNMENT;
        String padded = text + " ".repeat(padding) + "\n";
        ByteBuffer bytes = ByteBuffer.allocate(unpadded + padding).order(ByteOrder.LITTLE_ENDIAN);
        bytes.put(MAGIC).put((byte) 1).put((byte) 0).putShort((short) padded.length());
        return bytes.put(padded.getBytes(StandardCharsets.ISO_8859_1)).array();
    }

    private static Matcher find(Path file, String name, Pattern pattern, String text) {
        Matcher matcher = pattern.matcher(text);
        if (!matcher.find()) {
            throw bad(file, name, text);
        }
        return matcher;
    }

    private static FormatException bad(Path file, String name, String text) {
        String shown = text.strip();
        return new FormatException(
                file,
                name
                        + " with the header "
                        + (shown.length() <= 200 ? shown : shown.substring(0, 200) + "…"),
                "an array of plain numbers: descr, fortran_order and shape");
    }

    private static long[] shape(Path file, String name, String sizes) {
        String[] digits =
                Arrays.stream(sizes.split(","))
                        .map(size -> size.replace("L", "").strip())
                        .filter(size -> !size.isEmpty())
                        .toArray(String[]::new);
        boolean numbers =
                Arrays.stream(digits)
                        .allMatch(d -> d.length() <= MOST_DIGITS && d.matches("[0-9]+"));
        long[] shape =
                numbers ? Arrays.stream(digits).mapToLong(Long::parseLong).toArray() : new long[0];
        if (!numbers || TensorEntry.elements(shape) < 0) {
            throw new FormatException(
                    file, name + " of shape (" + sizes + ")", "at most 16 sizes and 2^48 elements");
        }
        return shape;
    }
}
