package dev.cm4j.data;

import java.util.List;

/**
 * Data sets, and weights that judge them, with a home on the web: names, addresses and checksums of
 * their files.
 */
enum PublishedData {
    MNIST(
            "MNIST",
            List.of("mnist", "MNIST/raw"),
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
            "SHA-256",
            List.of(
                    "train-images-idx3-ubyte.gz"
                            + " 440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
                    "train-labels-idx1-ubyte.gz"
                            + " 3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
                    "t10k-images-idx3-ubyte.gz"
                            + " 8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
                    "t10k-labels-idx1-ubyte.gz"
                            + " f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6")),
    FASHION_MNIST(
            "Fashion-MNIST",
            List.of("fashion-mnist", "FashionMNIST/raw"),
            "https://fashion-mnist.s3.eu-central-1.amazonaws.com/",
            "MD5", // the only checksums its publisher gives
            List.of(
                    "train-images-idx3-ubyte.gz 8d4fb7e6c68d591d4c3dfef9ec88bf0d",
                    "train-labels-idx1-ubyte.gz 25c81989df183df01b3e8a0aad5dffbe",
                    "t10k-images-idx3-ubyte.gz bef4ecab320f06d8554ea6380940ec79",
                    "t10k-labels-idx1-ubyte.gz bb300cfdad3c16e7a12a480ee83cd310")),
    CIFAR10(
            "CIFAR-10",
            List.of("cifar-10-batches-bin", "cifar10"),
            "https://www.cs.toronto.edu/~kriz/",
            "SHA-256",
            List.of(
                    "cifar-10-binary.tar.gz"
                            + " c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd")),
    INCEPTION(
            "The Inception network of 2015",
            List.of("inception", "checkpoints/inception"),
            "https://github.com/mseitzer/pytorch-fid/releases/download/fid_weights/",
            "SHA-256",
            List.of(
                    "pt_inception-2015-12-05-6726825d.pth"
                            + " 6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2"));

    private final String title;
    private final List<String> folderNames;
    private final String address;
    private final String digest;
    private final List<String> files;

    PublishedData(
            String title,
            List<String> folderNames,
            String address,
            String digest,
            List<String> files) {
        this.title = title;
        this.folderNames = folderNames;
        this.address = address;
        this.digest = digest;
        this.files = files;
    }

    /** A file and its checksum in hexadecimal digits. */
    record PublishedFile(String name, String checksum) {}

    String title() {
        return title;
    }

    /** Folders it may lie in, the usual one first. */
    List<String> folderNames() {
        return folderNames;
    }

    /** Address of the folder on the web, with its last slash. */
    String address() {
        return address;
    }

    /** Algorithm of the checksums. */
    String digest() {
        return digest;
    }

    List<PublishedFile> files() {
        return files.stream()
                .map(line -> line.split(" "))
                .map(words -> new PublishedFile(words[0], words[1]))
                .toList();
    }

    /** The names a person has to provide, in words. */
    String fileNames() {
        return this == CIFAR10
                ? "the .bin files of cifar-10-binary.tar.gz"
                : String.join(", ", files().stream().map(PublishedFile::name).toList());
    }
}
