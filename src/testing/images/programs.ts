/**
 * A complete static Linux program, by hand: it writes "Hello from dray\n" to standard output and exits with status 0. One segment,
 * loaded at 0x400000 as the file stands (ELF header, one program header, code, text), so that nothing has to be linked.
 */
export type ProgramArchitecture = 'amd64' | 'arm64';

/** What the program prints. */
export const PROGRAM_OUTPUT = 'Hello from dray\n';

const BASE_ADDRESS = 0x400000n;
const ELF_HEADER_SIZE = 64;
const PROGRAM_HEADER_SIZE = 56;
const CODE_OFFSET = ELF_HEADER_SIZE + PROGRAM_HEADER_SIZE;

/** System calls by registers: the number in rax, the arguments in rdi, rsi, rdx. */
const AMD64_CODE = [
  [0xb8, 0x01, 0x00, 0x00, 0x00], //             mov eax, 1          write
  [0xbf, 0x01, 0x00, 0x00, 0x00], //             mov edi, 1          standard output
  [0x48, 0x8d, 0x35, 0x10, 0x00, 0x00, 0x00], // lea rsi, [rip+16]   the text behind the code
  [0xba, 0x10, 0x00, 0x00, 0x00], //             mov edx, 16         its length
  [0x0f, 0x05], //                               syscall
  [0xb8, 0x3c, 0x00, 0x00, 0x00], //             mov eax, 60         exit
  [0x31, 0xff], //                               xor edi, edi        status 0
  [0x0f, 0x05], //                               syscall
];

/** System calls by registers: the number in x8, the arguments in x0, x1, x2. Instructions are little-endian words. */
const ARM64_CODE = [
  [0x20, 0x00, 0x80, 0xd2], // mov x0, #1     standard output
  [0xe1, 0x00, 0x00, 0x10], // adr x1, +28    the text behind the code
  [0x02, 0x02, 0x80, 0xd2], // mov x2, #16    its length
  [0x08, 0x08, 0x80, 0xd2], // mov x8, #64    write
  [0x01, 0x00, 0x00, 0xd4], // svc #0
  [0x00, 0x00, 0x80, 0xd2], // mov x0, #0     status 0
  [0xa8, 0x0b, 0x80, 0xd2], // mov x8, #93    exit
  [0x01, 0x00, 0x00, 0xd4], // svc #0
];

const TARGETS = {
  amd64: { machine: 62, code: AMD64_CODE },
  arm64: { machine: 183, code: ARM64_CODE },
} as const;

/** The program's file for one processor: under 200 bytes, the same ones at every call. */
export function helloProgram(architecture: ProgramArchitecture): Uint8Array {
  const { machine, code } = TARGETS[architecture];
  const body = Buffer.concat([Buffer.from(code.flat()), Buffer.from(PROGRAM_OUTPUT, 'latin1')]);
  return Buffer.concat([elfHeader(machine), programHeader(CODE_OFFSET + body.length), body]);
}

function elfHeader(machine: number): Buffer {
  const header = Buffer.alloc(ELF_HEADER_SIZE);
  header.set([0x7f, 0x45, 0x4c, 0x46]); // "\x7fELF"
  header.set([2, 1, 1], 4); // 64 bits, little-endian, version 1; System V
  header.writeUInt16LE(2, 16); // an executable at a fixed address
  header.writeUInt16LE(machine, 18);
  header.writeUInt32LE(1, 20); // version
  header.writeBigUInt64LE(BASE_ADDRESS + BigInt(CODE_OFFSET), 24); // entry point
  header.writeBigUInt64LE(BigInt(ELF_HEADER_SIZE), 32); // where the program headers are
  header.writeUInt16LE(ELF_HEADER_SIZE, 52);
  header.writeUInt16LE(PROGRAM_HEADER_SIZE, 54);
  header.writeUInt16LE(1, 56); // one of them
  return header;
}

/** Loads the whole file, readable and executable. */
function programHeader(fileSize: number): Buffer {
  const header = Buffer.alloc(PROGRAM_HEADER_SIZE);
  header.writeUInt32LE(1, 0); // PT_LOAD
  header.writeUInt32LE(5, 4); // read and execute
  header.writeBigUInt64LE(0n, 8); // offset in the file
  header.writeBigUInt64LE(BASE_ADDRESS, 16);
  header.writeBigUInt64LE(BASE_ADDRESS, 24);
  header.writeBigUInt64LE(BigInt(fileSize), 32);
  header.writeBigUInt64LE(BigInt(fileSize), 40);
  header.writeBigUInt64LE(0x10000n, 48); // aligned for kernels with pages of 4 to 64 KiB
  return header;
}
