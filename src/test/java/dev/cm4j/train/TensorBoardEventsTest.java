package dev.cm4j.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.cm4j.testing.PeerPython;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Bytes of events, against known vectors and against TensorBoard itself where it is installed. */
class TensorBoardEventsTest {

    private static final String READER =
            """
            import sys
            from tensorboard.backend.event_processing import event_accumulator as ea
            a = ea.EventAccumulator(sys.argv[1], size_guidance={ea.SCALARS: 0})
            a.Reload()
            for tag in sorted(a.Tags()['scalars']):
                for e in a.Scalars(tag):
                    print(tag, e.step, repr(e.value))
            for tag in a.Tags()['images']:
                e = a.Images(tag)[0]
                print(tag, e.step, e.width, e.height, e.encoded_image_string.hex())
            for tag in a.Tags()['tensors']:
                e = a.Tensors(tag)[0]
                print(tag, e.step, e.tensor_proto.string_val[0].decode())
            """;

    @TempDir Path folder;

    @Test
    void masked_checksums() {
        byte[] digits = "123456789".getBytes(StandardCharsets.US_ASCII);
        assertEquals(0xC78AB0E5, EventRecord.mask(digits, 0, digits.length));
        byte[] length = {24, 0, 0, 0, 0, 0, 0, 0};
        assertEquals(0x224B7FA3, EventRecord.mask(length, 0, length.length));
        assertEquals(0xA282EAD8, EventRecord.mask(new byte[0], 0, 0));
    }

    @Test
    void a_scalar_event() {
        String time = HexFormat.of().formatHex(new byte[] {0, 0, 0, 0, 0, 0, (byte) 0xF8, 0x3F});
        String expected =
                "09"
                        + time
                        + "1007"
                        + "2A130A11"
                        + "0A0A"
                        + HexFormat.of().formatHex("loss/train".getBytes(StandardCharsets.US_ASCII))
                        + "150000003F";
        byte[] event = EventRecord.scalar(1.5, 7, "loss/train", 0.5f);
        assertArrayEquals(HexFormat.of().parseHex(expected.toLowerCase()), event);
        assertEquals(event.length + 16, EventRecord.framed(event).length);
    }

    @Test
    void tensorboard_reads_them() throws Exception {
        PeerPython python = PeerPython.require("tensorboard");
        try (TensorBoardEvents events = TensorBoardEvents.create(folder, 2)) {
            events.scalar("score/fid", 3, 12.25);
            events.image("samples", 4, 2, 3, 1, new byte[] {1, 2, 3});
            events.text("config", 0, "seed: 5");
            events.scalar("score/fid", 1L << 40, -0.5);
        }
        List<String> lines =
                python.run(READER, folder)
                        .lines()
                        .filter(line -> line.matches("(score/fid|samples|config) .*"))
                        .toList();
        assertEquals(
                List.of(
                        "score/fid 3 12.25",
                        "score/fid 1099511627776 -0.5",
                        "samples 4 3 2 010203",
                        "config 0 seed: 5"),
                lines);
    }
}
