package dev.cm4j.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Free memory is what the tightest of machine and control groups leaves. */
class MachineMemoryTest {

    @TempDir Path root;

    private void file(String name, String text) throws IOException {
        Path path = root.resolve(name);
        Files.createDirectories(path.getParent());
        Files.writeString(path, text);
    }

    private OptionalLong available() {
        return new MachineMemory(root).available();
    }

    @Test
    void a_machine_without_groups_has_what_it_says() throws IOException {
        assertEquals(OptionalLong.empty(), available());
        file("proc/meminfo", "MemTotal:       9000 kB\nMemAvailable:    5000 kB\n");
        assertEquals(OptionalLong.of(5000 * 1024), available());
        assertEquals(OptionalLong.of(4000 * 1024), new MachineMemory(root).safe());
    }

    @Test
    void the_tightest_group_of_version_2_counts_without_its_idle_files() throws IOException {
        file("proc/meminfo", "MemAvailable:    5000 kB\n");
        file("proc/self/cgroup", "0::/outer/inner\n");
        file("sys/fs/cgroup/outer/inner/memory.max", "max\n");
        file("sys/fs/cgroup/outer/inner/memory.current", "300000\n");
        file("sys/fs/cgroup/outer/memory.max", "1000000\n");
        file("sys/fs/cgroup/outer/memory.current", "400000\n");
        file("sys/fs/cgroup/outer/memory.stat", "anon 1\ninactive_file 50000\n");
        assertEquals(OptionalLong.of(650_000), available());
    }

    @Test
    void a_container_finds_its_group_at_the_top() throws IOException {
        file("proc/meminfo", "MemAvailable:    5000 kB\n");
        file("proc/self/cgroup", "0::/../elsewhere\n");
        file("sys/fs/cgroup/memory.max", "1000000\n");
        file("sys/fs/cgroup/memory.current", "1200000\n");
        assertEquals(OptionalLong.of(0), available());
    }

    @Test
    void groups_of_version_1_count_too() throws IOException {
        file("proc/meminfo", "MemAvailable:    5000 kB\n");
        file("proc/self/cgroup", "5:cpu:/a\n4:memory,hugetlb:/docker/x\n");
        file("sys/fs/cgroup/memory/memory.limit_in_bytes", "2000000\n");
        file("sys/fs/cgroup/memory/memory.usage_in_bytes", "500000\n");
        file("sys/fs/cgroup/memory/memory.stat", "inactive_file 1\ntotal_inactive_file 100000\n");
        assertEquals(OptionalLong.of(1_600_000), available());
        file("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
        assertEquals(OptionalLong.of(5000 * 1024), available());
    }

    @Test
    void this_machine_has_some() {
        assertTrue(MachineMemory.here().available().orElse(1) > 0);
    }
}
