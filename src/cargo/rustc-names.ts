// SPDX-License-Identifier: MIT OR Apache-2.0

function words(text: string): ReadonlySet<string> {
  return new Set(text.trim().split(/\s+/));
}

/** Targets that rustc knows without a file (`rustc --print target-list`, 1.95 and 1.97-nightly). */
const TRIPLES = words(`
    aarch64-apple-darwin aarch64-apple-ios aarch64-apple-ios-macabi aarch64-apple-ios-sim aarch64-apple-tvos
    aarch64-apple-tvos-sim aarch64-apple-visionos aarch64-apple-visionos-sim aarch64-apple-watchos
    aarch64-apple-watchos-sim aarch64-kmc-solid_asp3 aarch64-linux-android aarch64-nintendo-switch-freestanding
    aarch64-pc-windows-gnullvm aarch64-pc-windows-msvc aarch64-unknown-freebsd aarch64-unknown-fuchsia
    aarch64-unknown-helenos aarch64-unknown-hermit aarch64-unknown-illumos aarch64-unknown-linux-gnu
    aarch64-unknown-linux-gnu_ilp32 aarch64-unknown-linux-musl aarch64-unknown-linux-ohos
    aarch64-unknown-managarm-mlibc aarch64-unknown-netbsd aarch64-unknown-none aarch64-unknown-none-softfloat
    aarch64-unknown-nto-qnx700 aarch64-unknown-nto-qnx710 aarch64-unknown-nto-qnx710_iosock
    aarch64-unknown-nto-qnx800 aarch64-unknown-nuttx aarch64-unknown-openbsd aarch64-unknown-redox
    aarch64-unknown-teeos aarch64-unknown-trusty aarch64-unknown-uefi aarch64-uwp-windows-msvc
    aarch64-wrs-vxworks aarch64_be-unknown-hermit aarch64_be-unknown-linux-gnu
    aarch64_be-unknown-linux-gnu_ilp32 aarch64_be-unknown-linux-musl aarch64_be-unknown-netbsd
    aarch64_be-unknown-none-softfloat aarch64v8r-unknown-none aarch64v8r-unknown-none-softfloat
    amdgcn-amd-amdhsa arm-linux-androideabi arm-unknown-linux-gnueabi arm-unknown-linux-gnueabihf
    arm-unknown-linux-musleabi arm-unknown-linux-musleabihf arm64_32-apple-watchos arm64e-apple-darwin
    arm64e-apple-ios arm64e-apple-tvos arm64ec-pc-windows-msvc armeb-unknown-linux-gnueabi armebv7r-none-eabi
    armebv7r-none-eabihf armv4t-none-eabi armv4t-unknown-linux-gnueabi armv5te-none-eabi
    armv5te-unknown-linux-gnueabi armv5te-unknown-linux-musleabi armv5te-unknown-linux-uclibceabi
    armv6-none-eabi armv6-none-eabihf armv6-unknown-freebsd armv6-unknown-netbsd-eabihf armv6k-nintendo-3ds
    armv7-linux-androideabi armv7-rtems-eabihf armv7-sony-vita-newlibeabihf armv7-unknown-freebsd
    armv7-unknown-linux-gnueabi armv7-unknown-linux-gnueabihf armv7-unknown-linux-musleabi
    armv7-unknown-linux-musleabihf armv7-unknown-linux-ohos armv7-unknown-linux-uclibceabi
    armv7-unknown-linux-uclibceabihf armv7-unknown-netbsd-eabihf armv7-unknown-trusty armv7-wrs-vxworks-eabihf
    armv7a-kmc-solid_asp3-eabi armv7a-kmc-solid_asp3-eabihf armv7a-none-eabi armv7a-none-eabihf
    armv7a-nuttx-eabi armv7a-nuttx-eabihf armv7a-vex-v5 armv7k-apple-watchos armv7r-none-eabi armv7r-none-eabihf
    armv7s-apple-ios armv8r-none-eabihf avr-none bpfeb-unknown-none bpfel-unknown-none
    csky-unknown-linux-gnuabiv2 csky-unknown-linux-gnuabiv2hf hexagon-unknown-linux-musl
    hexagon-unknown-none-elf hexagon-unknown-qurt i386-apple-ios i586-unknown-linux-gnu i586-unknown-linux-musl
    i586-unknown-netbsd i586-unknown-redox i686-apple-darwin i686-linux-android i686-pc-nto-qnx700
    i686-pc-windows-gnu i686-pc-windows-gnullvm i686-pc-windows-msvc i686-unknown-freebsd i686-unknown-haiku
    i686-unknown-helenos i686-unknown-hurd-gnu i686-unknown-linux-gnu i686-unknown-linux-musl
    i686-unknown-netbsd i686-unknown-openbsd i686-unknown-uefi i686-uwp-windows-gnu i686-uwp-windows-msvc
    i686-win7-windows-gnu i686-win7-windows-msvc i686-wrs-vxworks loongarch32-unknown-none
    loongarch32-unknown-none-softfloat loongarch64-unknown-linux-gnu loongarch64-unknown-linux-musl
    loongarch64-unknown-linux-ohos loongarch64-unknown-none loongarch64-unknown-none-softfloat
    m68k-unknown-linux-gnu m68k-unknown-none-elf mips-mti-none-elf mips-unknown-linux-gnu
    mips-unknown-linux-musl mips-unknown-linux-uclibc mips64-openwrt-linux-musl mips64-unknown-linux-gnuabi64
    mips64-unknown-linux-muslabi64 mips64el-unknown-linux-gnuabi64 mips64el-unknown-linux-muslabi64
    mipsel-mti-none-elf mipsel-sony-psp mipsel-sony-psx mipsel-unknown-linux-gnu mipsel-unknown-linux-musl
    mipsel-unknown-linux-uclibc mipsel-unknown-netbsd mipsel-unknown-none mipsisa32r6-unknown-linux-gnu
    mipsisa32r6el-unknown-linux-gnu mipsisa64r6-unknown-linux-gnuabi64 mipsisa64r6el-unknown-linux-gnuabi64
    msp430-none-elf nvptx64-nvidia-cuda powerpc-unknown-freebsd powerpc-unknown-helenos
    powerpc-unknown-linux-gnu powerpc-unknown-linux-gnuspe powerpc-unknown-linux-musl
    powerpc-unknown-linux-muslspe powerpc-unknown-netbsd powerpc-unknown-openbsd powerpc-wrs-vxworks
    powerpc-wrs-vxworks-spe powerpc64-ibm-aix powerpc64-unknown-freebsd powerpc64-unknown-linux-gnu
    powerpc64-unknown-linux-musl powerpc64-unknown-openbsd powerpc64-wrs-vxworks powerpc64le-unknown-freebsd
    powerpc64le-unknown-linux-gnu powerpc64le-unknown-linux-musl riscv32-wrs-vxworks riscv32e-unknown-none-elf
    riscv32em-unknown-none-elf riscv32emc-unknown-none-elf riscv32gc-unknown-linux-gnu
    riscv32gc-unknown-linux-musl riscv32i-unknown-none-elf riscv32im-risc0-zkvm-elf riscv32im-unknown-none-elf
    riscv32ima-unknown-none-elf riscv32imac-esp-espidf riscv32imac-unknown-none-elf
    riscv32imac-unknown-nuttx-elf riscv32imac-unknown-xous-elf riscv32imafc-esp-espidf
    riscv32imafc-unknown-none-elf riscv32imafc-unknown-nuttx-elf riscv32imc-esp-espidf
    riscv32imc-unknown-none-elf riscv32imc-unknown-nuttx-elf riscv64-linux-android riscv64-wrs-vxworks
    riscv64a23-unknown-linux-gnu riscv64gc-unknown-freebsd riscv64gc-unknown-fuchsia riscv64gc-unknown-hermit
    riscv64gc-unknown-linux-gnu riscv64gc-unknown-linux-musl riscv64gc-unknown-managarm-mlibc
    riscv64gc-unknown-netbsd riscv64gc-unknown-none-elf riscv64gc-unknown-nuttx-elf riscv64gc-unknown-openbsd
    riscv64gc-unknown-redox riscv64im-unknown-none-elf riscv64imac-unknown-none-elf
    riscv64imac-unknown-nuttx-elf s390x-unknown-linux-gnu s390x-unknown-linux-musl s390x-unknown-none-softfloat
    sparc-unknown-linux-gnu sparc-unknown-none-elf sparc64-unknown-helenos sparc64-unknown-linux-gnu
    sparc64-unknown-netbsd sparc64-unknown-openbsd sparcv9-sun-solaris thumbv4t-none-eabi thumbv5te-none-eabi
    thumbv6-none-eabi thumbv6m-none-eabi thumbv6m-nuttx-eabi thumbv7a-none-eabi thumbv7a-none-eabihf
    thumbv7a-nuttx-eabi thumbv7a-nuttx-eabihf thumbv7a-pc-windows-msvc thumbv7a-uwp-windows-msvc
    thumbv7em-none-eabi thumbv7em-none-eabihf thumbv7em-nuttx-eabi thumbv7em-nuttx-eabihf thumbv7m-none-eabi
    thumbv7m-nuttx-eabi thumbv7neon-linux-androideabi thumbv7neon-unknown-linux-gnueabihf
    thumbv7neon-unknown-linux-musleabihf thumbv7r-none-eabi thumbv7r-none-eabihf thumbv8m.base-none-eabi
    thumbv8m.base-nuttx-eabi thumbv8m.main-none-eabi thumbv8m.main-none-eabihf thumbv8m.main-nuttx-eabi
    thumbv8m.main-nuttx-eabihf thumbv8r-none-eabihf wasm32-unknown-emscripten wasm32-unknown-unknown
    wasm32-wali-linux-musl wasm32-wasip1 wasm32-wasip1-threads wasm32-wasip2 wasm32-wasip3 wasm32v1-none
    wasm64-unknown-unknown x86_64-apple-darwin x86_64-apple-ios x86_64-apple-ios-macabi x86_64-apple-tvos
    x86_64-apple-watchos-sim x86_64-fortanix-unknown-sgx x86_64-linux-android x86_64-lynx-lynxos178
    x86_64-pc-cygwin x86_64-pc-nto-qnx710 x86_64-pc-nto-qnx710_iosock x86_64-pc-nto-qnx800 x86_64-pc-solaris
    x86_64-pc-windows-gnu x86_64-pc-windows-gnullvm x86_64-pc-windows-msvc x86_64-unikraft-linux-musl
    x86_64-unknown-dragonfly x86_64-unknown-freebsd x86_64-unknown-fuchsia x86_64-unknown-haiku
    x86_64-unknown-helenos x86_64-unknown-hermit x86_64-unknown-hurd-gnu x86_64-unknown-illumos
    x86_64-unknown-l4re-uclibc x86_64-unknown-linux-gnu x86_64-unknown-linux-gnuasan
    x86_64-unknown-linux-gnumsan x86_64-unknown-linux-gnutsan x86_64-unknown-linux-gnux32
    x86_64-unknown-linux-musl x86_64-unknown-linux-none x86_64-unknown-linux-ohos x86_64-unknown-managarm-mlibc
    x86_64-unknown-motor x86_64-unknown-netbsd x86_64-unknown-none x86_64-unknown-openbsd x86_64-unknown-redox
    x86_64-unknown-trusty x86_64-unknown-uefi x86_64-uwp-windows-gnu x86_64-uwp-windows-msvc
    x86_64-win7-windows-gnu x86_64-win7-windows-msvc x86_64-wrs-vxworks x86_64h-apple-darwin xtensa-esp32-espidf
    xtensa-esp32-none-elf xtensa-esp32s2-espidf xtensa-esp32s2-none-elf xtensa-esp32s3-espidf
    xtensa-esp32s3-none-elf
`);

/**
 * Processors (`rustc --print target-cpus`, 1.95: x86_64, aarch64, aarch64 of Apple, armv7, riscv64, powerpc64le, s390x, loongarch64, wasm32),
 * without `native`, which is a processor of somebody, and with LLVM's other names for Apple's.
 */
const CPUS = words(`
    440 450 601 602 603 603e 603ev 604 604e 620 7400 7450 750 970 a2 a64fx alderlake amdfam10 ampere1 ampere1a
    ampere1b ampere1c andes-45-series andes-a25 andes-a45 andes-ax25 andes-ax45 andes-ax45mpv andes-n45
    andes-nx45 apple-a10 apple-a11 apple-a12 apple-a13 apple-a14 apple-a15 apple-a16 apple-a17 apple-a7
    apple-latest apple-m1 apple-m2 apple-m3 apple-m4 apple-m5 arch10 arch11 arch12 arch13 arch14 arch15 arch8
    arch9 arm1020e arm1020t arm1022e arm10e arm10tdmi arm1136j-s arm1136jf-s arm1156t2-s arm1156t2f-s
    arm1176jz-s arm1176jzf-s arm710t arm720t arm7tdmi arm7tdmi-s arm8 arm810 arm9 arm920 arm920t arm922t
    arm926ej-s arm940t arm946e-s arm966e-s arm968e-s arm9e arm9tdmi arrowlake arrowlake-s arrowlake_s athlon
    athlon-4 athlon-fx athlon-mp athlon-tbird athlon-xp athlon64 athlon64-sse3 atom atom_sse4_2
    atom_sse4_2_movbe barcelona bdver1 bdver2 bdver3 bdver4 bleeding-edge bonnell broadwell btver1 btver2
    c1-nano c1-premium c1-pro c1-ultra c3 c3-2 cannonlake carmel cascadelake clearwaterforest cooperlake
    core-avx-i core-avx2 core2 core_2_duo_sse4_1 core_2_duo_ssse3 core_2nd_gen_avx core_3rd_gen_avx
    core_4th_gen_avx core_4th_gen_avx_tsx core_5th_gen_avx core_5th_gen_avx_tsx core_aes_pclmulqdq
    core_i7_sse4_2 corei7 corei7-avx cortex-a12 cortex-a15 cortex-a17 cortex-a32 cortex-a320 cortex-a34
    cortex-a35 cortex-a5 cortex-a510 cortex-a520 cortex-a520ae cortex-a53 cortex-a55 cortex-a57 cortex-a65
    cortex-a65ae cortex-a7 cortex-a710 cortex-a715 cortex-a72 cortex-a720 cortex-a720ae cortex-a725 cortex-a73
    cortex-a75 cortex-a76 cortex-a76ae cortex-a77 cortex-a78 cortex-a78ae cortex-a78c cortex-a8 cortex-a9
    cortex-m0 cortex-m0plus cortex-m1 cortex-m23 cortex-m3 cortex-m33 cortex-m35p cortex-m4 cortex-m52
    cortex-m55 cortex-m7 cortex-m85 cortex-r4 cortex-r4f cortex-r5 cortex-r52 cortex-r52plus cortex-r7 cortex-r8
    cortex-r82 cortex-r82ae cortex-x1 cortex-x1c cortex-x2 cortex-x3 cortex-x4 cortex-x925 cyclone diamondrapids
    e500 e500mc e5500 emeraldrapids ep9312 exynos-m3 exynos-m4 exynos-m5 falkor fujitsu-monaka future g3 g4 g4+
    g5 gb10 generic generic-la32 generic-la64 generic-ooo generic-rv32 generic-rv64 geode goldmont goldmont-plus
    goldmont_plus grace gracemont grandridge graniterapids graniterapids-d graniterapids_d haswell i386 i486
    i586 i686 icelake-client icelake-server icelake_client icelake_server ivybridge iwmmxt k6 k6-2 k6-3 k8
    k8-sse3 knl knm krait kryo la464 la664 lakemont lime1 loongarch32 loongarch64 lunarlake meteorlake
    mic_avx512 mips-p8700 mpcore mpcorenovfp mvp nehalem neoverse-512tvb neoverse-e1 neoverse-n1 neoverse-n2
    neoverse-n3 neoverse-v1 neoverse-v2 neoverse-v3 neoverse-v3ae nocona novalake olympus opteron opteron-sse3
    oryon-1 pantherlake penryn pentium pentium-m pentium-mmx pentium2 pentium3 pentium3m pentium4 pentium4m
    pentium_4 pentium_4_sse3 pentium_ii pentium_iii pentium_iii_no_xmm_regs pentium_m pentium_mmx pentium_pro
    pentiumpro ppc ppc32 ppc64 ppc64le prescott pwr10 pwr11 pwr3 pwr4 pwr5 pwr5x pwr6 pwr6x pwr7 pwr8 pwr9
    raptorlake rocket rocket-rv32 rocket-rv64 rocketlake rp2350-hazard3 sandybridge saphira sapphirerapids sc000
    sc300 sierraforest sifive-7-series sifive-e20 sifive-e21 sifive-e24 sifive-e31 sifive-e34 sifive-e76
    sifive-p450 sifive-p470 sifive-p550 sifive-p670 sifive-p870 sifive-s21 sifive-s51 sifive-s54 sifive-s76
    sifive-u54 sifive-u74 sifive-x280 sifive-x390 silvermont skx skylake skylake-avx512 skylake_avx512 slm
    spacemit-x60 star-mc1 star-mc3 strongarm strongarm110 strongarm1100 strongarm1110 swift syntacore-scr1-base
    syntacore-scr1-max syntacore-scr3-rv32 syntacore-scr3-rv64 syntacore-scr4-rv32 syntacore-scr4-rv64
    syntacore-scr5-rv32 syntacore-scr5-rv64 syntacore-scr7 thunderx thunderx2t99 thunderx3t110 thunderxt81
    thunderxt83 thunderxt88 tigerlake tremont tsv110 tt-ascalon-d8 veyron-v1 westmere wildcatlake winchip-c6
    winchip2 x86-64 x86-64-v2 x86-64-v3 x86-64-v4 xiangshan-kunminghu xiangshan-nanhu xscale yonah z10 z13 z14
    z15 z16 z17 z196 zEC12 znver1 znver2 znver3 znver4 znver5
`);

/** Features of the same targets (`rustc --print target-features`, 1.95), as far as they are rustc's own. */
const FEATURES = words(`
    32s a aclass adx aes altivec amx-avx512 amx-bf16 amx-complex amx-fp16 amx-fp8 amx-int8 amx-movrs amx-tf32
    amx-tile apxf atomics avx avx10.1 avx10.2 avx2 avx512bf16 avx512bitalg avx512bw avx512cd avx512dq avx512f
    avx512fp16 avx512ifma avx512vbmi avx512vbmi2 avx512vl avx512vnni avx512vp2intersect avx512vpopcntdq avxifma
    avxneconvert avxvnni avxvnniint16 avxvnniint8 b backchain bf16 bmi1 bmi2 bti bulk-memory c cmpxchg16b
    concurrent-functions crc crt-static cssc d d32 deflate-conversion dit div32 dotprod dpb dpb2 dsp e ecv
    enhanced-sort ermsb exception-handling extended-const f f16c f32mm f64mm faminmax fcma fhm flagm flagm2 fma
    fp-armv8 fp16 fp8 fp8dot2 fp8dot4 fp8fma fpregs frecipe frintts fxsr gc gfni guarded-storage hbc high-word
    i8mm jsconv kl lahfsahf lam-bh lamcas lasx lbt ld-seq-sa lor lse lse128 lse2 lsx lut lvz lzcnt m mclass
    message-security-assist-extension12 message-security-assist-extension3 message-security-assist-extension4
    message-security-assist-extension5 message-security-assist-extension8 message-security-assist-extension9
    miscellaneous-extensions-2 miscellaneous-extensions-3 miscellaneous-extensions-4 mops movbe movrs msync mte
    multivalue mutable-globals neon nnp-assist nontrapping-fptoint outline-atomics paca pacg pan
    partword-atomics pauth-lr pclmulqdq pmuv3 popcnt power10-vector power8-altivec power8-crypto power8-vector
    power9-altivec power9-vector prfchw quadword-atomics rand ras rclass rcpc rcpc2 rcpc3 rdm rdrand rdseed
    reference-types relax relaxed-simd rtm rva23u64 sb scq sha sha2 sha3 sha512 sign-ext simd128 sm3 sm4 sme
    sme-b16b16 sme-f16f16 sme-f64f64 sme-f8f16 sme-f8f32 sme-fa64 sme-i16i64 sme-lutv2 sme2 sme2p1 soft-float
    spe ssbs sse sse2 sse3 sse4.1 sse4.2 sse4a ssse3 ssve-fp8dot2 ssve-fp8dot4 ssve-fp8fma supm sve sve-b16b16
    sve2 sve2-aes sve2-bitperm sve2-sha3 sve2-sm4 sve2p1 tail-call tbm thumb-mode thumb2 transactional-execution
    trustzone ual unaligned-scalar-mem unaligned-vector-mem v v5te v6 v6k v6t2 v7 v8 v8.1a v8.2a v8.3a v8.4a
    v8.5a v8.6a v8.7a v8.8a v8.9a v9.1a v9.2a v9.3a v9.4a v9.5a v9a vaes vector vector-enhancements-1
    vector-enhancements-2 vector-enhancements-3 vector-packed-decimal vector-packed-decimal-enhancement
    vector-packed-decimal-enhancement-2 vector-packed-decimal-enhancement-3 vfp2 vfp3 vfp4 vh virtualization
    vpclmulqdq vsx wfxt wide-arithmetic widekl x87 xop xsave xsavec xsaveopt xsaves za128rs za64rs zaamo zabha
    zacas zalrsc zama16b zawrs zba zbb zbc zbkb zbkc zbkx zbs zca zcb zcmop zdinx zfa zfbfmin zfh zfhmin zfinx
    zhinx zhinxmin zic64b zicbom zicbop zicboz ziccamoa ziccif zicclsm ziccrse zicntr zicond zicsr zifencei
    zihintntl zihintpause zihpm zimop zk zkn zknd zkne zknh zkr zks zksed zksh zkt ztso zvbb zvbc zve32f zve32x
    zve64d zve64f zve64x zvfbfmin zvfbfwma zvfh zvfhmin zvkb zvkg zvkn zvknc zvkned zvkng zvknha zvknhb zvks
    zvksc zvksed zvksg zvksh zvkt zvl1024b zvl128b zvl16384b zvl2048b zvl256b zvl32768b zvl32b zvl4096b zvl512b
    zvl64b zvl65536b zvl8192b
`);

/** True if anybody's rustc knows this target: it is neither a file's nor a private compiler's. */
export function isStandardTriple(triple: string): boolean {
  return TRIPLES.has(triple);
}

/** True for the name of a processor that is sold to everybody. */
export function isStandardCpu(name: string): boolean {
  return CPUS.has(name);
}

/** True for the name of a target feature, without its sign. */
export function isStandardFeature(name: string): boolean {
  return FEATURES.has(name);
}
