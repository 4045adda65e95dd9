package dev.cm4j.nn;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The shape of a network; what each number does is in {@link UNet}. Of kind {@link
 * NetworkKind#SEED} only size, channels and width are free, see {@link #seed}; of kinds {@link
 * NetworkKind#DDPMPP} and {@link NetworkKind#NCSNPP} heads, patch and the options of blocks are
 * fixed; of kind {@link NetworkKind#EDM2} the ladder is free, but not how its blocks are made, see
 * {@link #edm2}.
 *
 * <p>Source: Dhariwal &amp; Nichol 2021, section 3 and appendix A; keys and defaults as in
 * openai/consistency_models.
 *
 * @param kind the family of the network
 * @param imageSize height and width the attention resolutions refer to, in pixels, before folding
 * @param inChannels channels of the input image
 * @param outChannels channels of the output; twice those of the image where a variance is learnt
 *     too
 * @param modelChannels M, width of the first level
 * @param resBlocks R, residual blocks of each level
 * @param channelMult width of each level in units of M; its length is the number of levels
 * @param attentionResolutions sizes with attention, in pixels of the folded image (imageSize /
 *     patch); the middle always has it
 * @param heads heads of each attention where headChannels is -1
 * @param headsUpsample the same in the decoder, -1: as heads
 * @param headChannels channels of a head, -1: use heads
 * @param classes number of labels, 0: unconditional
 * @param dropout probability to drop, in [0, 1), active while training
 * @param scaleShiftNorm whether time scales and shifts the norm, else it is added before it
 * @param resblockUpdown whether levels change in residual blocks, else by a convolution or plainly
 * @param convResample without resblockUpdown: whether a convolution resamples, else pooling and
 *     repeating
 * @param patch side of the square of pixels folded into channels, 1: off
 * @param qkvOrder channel layout of attention weights
 */
public record UNetConfig(
        NetworkKind kind,
        int imageSize,
        int inChannels,
        int outChannels,
        int modelChannels,
        int resBlocks,
        List<Integer> channelMult,
        List<Integer> attentionResolutions,
        int heads,
        int headsUpsample,
        int headChannels,
        int classes,
        double dropout,
        boolean scaleShiftNorm,
        boolean resblockUpdown,
        boolean convResample,
        int patch,
        QkvOrder qkvOrder) {

    /**
     * Channels one group of a group norm shares its statistics over: 32 groups, whatever the width.
     */
    public static final int NORM_GROUPS = 32;

    /** Most residual blocks of a level; the largest networks published have 3 or 4. */
    public static final int MOST_RES_BLOCKS = 256;

    /** Most levels: half of 65536 pixels, fifteen times over, is 2. */
    public static final int MOST_LEVELS = 16;

    /** Channels of an attention head in all published networks of kind {@link NetworkKind#EDM2}. */
    public static final int EDM2_HEAD = 64;

    private static final List<Integer> SEED_LEVELS = List.of(1, 1, 2);

    /**
     * @throws IllegalArgumentException naming the component, its value and what would fit
     */
    public UNetConfig {
        channelMult = List.copyOf(channelMult);
        attentionResolutions = List.copyOf(attentionResolutions);
        positive("imageSize", imageSize);
        positive("inChannels", inChannels);
        positive("outChannels", outChannels);
        positive("modelChannels", modelChannels);
        positive("resBlocks", resBlocks);
        require(
                resBlocks <= MOST_RES_BLOCKS,
                "resBlocks %d is more than the %d a level can have",
                resBlocks,
                MOST_RES_BLOCKS);
        positive("heads", heads);
        positive("patch", patch);
        require(
                !channelMult.isEmpty(),
                "channelMult is empty; one number for each level, [1, 2, 2] for three");
        require(
                channelMult.size() <= MOST_LEVELS,
                "channelMult has %d levels, more than the %d a network can have",
                channelMult.size(),
                MOST_LEVELS);
        channelMult.forEach(m -> positive("each of channelMult", m));
        require(
                headsUpsample == -1 || headsUpsample > 0,
                "headsUpsample %d is neither positive nor -1",
                headsUpsample);
        require(
                headChannels == -1 || headChannels > 0,
                "headChannels %d is neither positive nor -1",
                headChannels);
        require(classes >= 0, "classes %d is negative; 0 is unconditional", classes);
        require(dropout >= 0 && dropout < 1, "dropout %s is not in [0, 1)", dropout);
        if (kind == NetworkKind.SEED) {
            fixed(kind, "outChannels", outChannels, inChannels);
            fixed(kind, "resBlocks", resBlocks, 1);
            fixed(kind, "channelMult", channelMult, SEED_LEVELS);
            fixed(kind, "attentionResolutions", attentionResolutions, List.of());
            fixed(kind, "classes", classes, 0);
            fixed(kind, "dropout", dropout, 0.0);
        }
        if (kind == NetworkKind.EDM2) {
            require(
                    headChannels > 0,
                    "headChannels is -1, but in a network of kind edm2 heads are counted by their"
                            + " channels: 64 in all published ones");
            fixed(kind, "outChannels", outChannels, inChannels);
        }
        if (kind != NetworkKind.ADM) {
            fixed(kind, "heads", heads, 1);
            fixed(kind, "headsUpsample", headsUpsample, -1);
            if (kind != NetworkKind.EDM2) {
                fixed(kind, "headChannels", headChannels, -1);
            }
            fixed(kind, "scaleShiftNorm", scaleShiftNorm, false);
            fixed(kind, "resblockUpdown", resblockUpdown, kind != NetworkKind.SEED);
            fixed(kind, "convResample", convResample, false);
            fixed(kind, "patch", patch, 1);
            fixed(kind, "qkvOrder", qkvOrder, kind.qkvOrder());
        }
        long unit = (long) patch << (channelMult.size() - 1);
        require(
                imageSize % unit == 0,
                "imageSize %d is not a multiple of %d = patch %d · 2^(%d levels - 1); pad to %d or take fewer levels",
                imageSize,
                unit,
                patch,
                channelMult.size(),
                (imageSize / unit + 1) * unit);
        if (kind.isSong()) {
            SongNorms.check(modelChannels, resBlocks, channelMult);
        } else if (kind != NetworkKind.EDM2) { // which has no norms
            for (int m : channelMult) {
                require(
                        m * modelChannels % NORM_GROUPS == 0,
                        "a level has %d channels = %d · modelChannels %d, not a multiple of the %d norm groups",
                        m * modelChannels,
                        m,
                        modelChannels,
                        NORM_GROUPS);
            }
        }
        List<Integer> rates = rates(imageSize / patch, channelMult.size(), attentionResolutions);
        for (int level = 0; level < channelMult.size(); level++) {
            boolean middle = level == channelMult.size() - 1;
            if (middle || rates.contains(1 << level)) {
                int channels = channelMult.get(level) * modelChannels;
                requireHeads(
                        channels, headChannels, heads, headsUpsample == -1 ? heads : headsUpsample);
            }
        }
    }

    /** Digits of 28² padded to 32², 10 classes: 277 tensors, 7,661,185 parameters. */
    public static UNetConfig mnist32() {
        return UNetPresets.mnist32();
    }

    /**
     * {@link #mnist32()} with one block a level at half the width: 199 tensors, 1,371,233
     * parameters.
     */
    public static UNetConfig mnist32Tiny() {
        return UNetPresets.mnist32Tiny();
    }

    /** 32² colour pictures: 494 tensors, 57,091,203 parameters. */
    public static UNetConfig cifar10() {
        return UNetPresets.cifar10();
    }

    /** 32² colour pictures on a small machine: 306 tensors, 17,957,571 parameters. */
    public static UNetConfig cifar10Small() {
        return UNetPresets.cifar10Small();
    }

    /** Song et al. 2023 for ImageNet 64², 1000 classes: 541 tensors, 295,899,267 parameters. */
    public static UNetConfig imagenet64() {
        return UNetPresets.imagenet64();
    }

    /**
     * Song et al. 2023 for LSUN bedrooms and cats 256², time added, not scaled: 566 tensors,
     * 526,304,771 parameters.
     */
    public static UNetConfig bedroom256() {
        return UNetPresets.bedroom256();
    }

    /** The test network of diffusers, 1000 classes: 201 tensors, 1,280,643 parameters. */
    public static UNetConfig test32() {
        return UNetPresets.test32();
    }

    /**
     * The network of cloneofsimo/consistency_models for pictures of 32²: 70 tensors; with one
     * channel 6,550,794 parameters at width 128 and 26,176,010 at 256, with three 6,557,780 and
     * 26,189,908.
     *
     * @param width D, channels at full and at half size; a quarter has 2 D
     * @param channels of the pictures, in and out
     */
    public static UNetConfig seed(int width, int channels) {
        return UNetPresets.seed(width, channels);
    }

    /**
     * DDPM++ as in NVlabs/edm for CIFAR-10: 416 tensors, 55,732,739 parameters. Norms have 4
     * channels a group until there are 32 groups.
     */
    public static UNetConfig ddpmpp() {
        return UNetPresets.song(NetworkKind.DDPMPP);
    }

    /**
     * NCSN++ as in NVlabs/edm for CIFAR-10: 421 tensors, 56,395,651 numbers, of which 128 are fixed
     * frequencies and no parameters.
     */
    public static UNetConfig ncsnpp() {
        return UNetPresets.song(NetworkKind.NCSNPP);
    }

    /**
     * The network of NVlabs/edm2: four levels of 1, 2, 3 and 4 times the width, three blocks each,
     * attention at a quarter and an eighth of the size. Published widths are 128 (xs), 192 (s), 256
     * (m), 320 (l), 384 (xl) and 448 (xxl); 280,212,709 parameters at width 192 for ImageNet's
     * latents of 64².
     *
     * @param size height and width of the pictures, a multiple of 8
     * @param channels of the pictures, in and out
     * @param width M
     * @param classes number of labels, 0: unconditional
     */
    public static UNetConfig edm2(int size, int channels, int width, int classes) {
        return UNetPresets.edm2(size, channels, width, classes);
    }

    /** Attention levels as rates of downsampling: 1 is full size, 2 half. */
    public List<Integer> attentionDownsample() {
        return rates(imageSize / patch, channelMult.size(), attentionResolutions);
    }

    /**
     * The same network with attention at these rates of downsampling, as the {@code UNetModel}
     * constructor of the original takes them.
     *
     * @throws IllegalArgumentException if a rate is that of no level
     */
    public UNetConfig withAttentionDownsample(List<Integer> rates) {
        int folded = imageSize / patch;
        for (int rate : rates) {
            require(
                    rate > 0 && folded % rate == 0,
                    "attention at rate %d: an image of %d pixels has no such level",
                    rate,
                    folded);
        }
        return toBuilder()
                .attentionResolutions(rates.stream().map(rate -> folded / rate).toList())
                .build();
    }

    /** Number of levels. */
    public int levels() {
        return channelMult.size();
    }

    /** Width of the time embedding, 4 M. */
    public int timeChannels() {
        return 4 * modelChannels;
    }

    /** The same network for this many labels, 0 for none. */
    public UNetConfig withClasses(int labels) {
        return toBuilder().classes(labels).build();
    }

    /** The same network with this probability to drop. */
    public UNetConfig withDropout(double probability) {
        return toBuilder().dropout(probability).build();
    }

    /**
     * The same network with patch × patch pixels folded into channels, attention staying at the
     * same levels.
     */
    public UNetConfig withPatch(int side) {
        positive("patch", side);
        List<Integer> rates = attentionDownsample();
        List<Integer> sizes = rates.stream().map(rate -> imageSize / side / rate).toList();
        return toBuilder().patch(side).attentionResolutions(sizes).build();
    }

    /** The same network with another channel layout of attention weights. */
    public UNetConfig withQkvOrder(QkvOrder order) {
        return toBuilder().qkvOrder(order).build();
    }

    /** A builder that begins with these numbers. */
    public UNetBuilder toBuilder() {
        return new UNetBuilder(this);
    }

    /** The lines {@code cm_unet_create} of {@code cm4j.h} takes. */
    public String toNative() {
        List<String> lines = new ArrayList<>();
        if (kind != NetworkKind.ADM) { // what an ADM U-Net need not say
            lines.add("kind=" + kind.key());
        }
        lines.add("image_size=" + imageSize);
        lines.add("in_channels=" + inChannels);
        lines.add("out_channels=" + outChannels);
        lines.add("model_channels=" + modelChannels);
        lines.add("num_res_blocks=" + resBlocks);
        lines.add("channel_mult=" + commas(channelMult));
        lines.add("attention_downsample=" + commas(attentionDownsample()));
        lines.add("num_heads=" + heads);
        lines.add("num_heads_upsample=" + headsUpsample);
        lines.add("num_head_channels=" + headChannels);
        lines.add("num_classes=" + classes);
        lines.add("patch=" + patch);
        lines.add("dropout=" + dropout);
        lines.add("use_scale_shift_norm=" + (scaleShiftNorm ? 1 : 0));
        lines.add("resblock_updown=" + (resblockUpdown ? 1 : 0));
        lines.add("conv_resample=" + (convResample ? 1 : 0));
        lines.add("qkv_order=" + qkvOrder.key());
        return String.join("\n", lines) + "\n";
    }

    private static List<Integer> rates(int folded, int levels, List<Integer> resolutions) {
        List<Integer> sizes = new ArrayList<>();
        for (int level = 0; level < levels; level++) {
            sizes.add(folded >> level);
        }
        for (int resolution : resolutions) {
            require(
                    sizes.contains(resolution),
                    "attention at %d pixels: the levels of this network have %s",
                    resolution,
                    sizes);
        }
        return resolutions.stream().map(resolution -> folded / resolution).toList();
    }

    private static void requireHeads(int channels, int width, int heads, int headsUpsample) {
        if (width != -1) {
            require(
                    channels % width == 0,
                    "headChannels %d does not divide the %d channels of an attention",
                    width,
                    channels);
            return;
        }
        require(
                channels % heads == 0,
                "heads %d do not divide the %d channels of an attention",
                heads,
                channels);
        require(
                channels % headsUpsample == 0,
                "headsUpsample %d do not divide the %d channels of an attention",
                headsUpsample,
                channels);
    }

    private static void fixed(NetworkKind kind, String name, Object value, Object only) {
        require(
                value.equals(only),
                "%s is %s, but in a network of kind %s it can only be %s",
                name,
                value,
                kind.key(),
                only);
    }

    private static void positive(String name, int value) {
        require(value > 0, "%s %d is not positive", name, value);
    }

    private static void require(boolean holds, String sentence, Object... values) {
        if (!holds) {
            throw new IllegalArgumentException(sentence.formatted(values));
        }
    }

    private static String commas(List<Integer> values) {
        return values.stream().map(String::valueOf).collect(Collectors.joining(","));
    }
}
