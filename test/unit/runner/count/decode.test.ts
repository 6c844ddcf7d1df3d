/** What assemblers write for these mnemonics, and what counting makes of it. */
import { describe, expect, it } from 'vitest';
import { KINDS } from '../../../../compiler/runner/count/instruction.ts';
import { decodeRiscv } from '../../../../compiler/runner/count/riscv.ts';
import { decodeThumb } from '../../../../compiler/runner/count/thumb.ts';

describe('Thumb', () => {
  it.each([
    ['lsls r0, r1, 2', 0x0088, 0, { size: 2, kind: 'arithmetic', result: 0 }],
    ['cmp r3, 7', 0x2b07, 0, { size: 2, kind: 'arithmetic', result: null }],
    ['muls r1, r2', 0x4351, 0, { size: 2, kind: 'multiply', result: 1 }],
    ['tst r1, r2', 0x4211, 0, { size: 2, kind: 'arithmetic', result: null }],
    ['mov r8, r0', 0x4680, 0, { size: 2, kind: 'arithmetic', result: 8 }],
    ['mov pc, r3', 0x469f, 0, { size: 2, kind: 'branch' }],
    ['bx lr', 0x4770, 0, { size: 2, kind: 'branch' }],
    ['ldr r4, [pc, 8]', 0x4c02, 0, { size: 2, kind: 'load', result: 4, address: [] }],
    ['ldr r0, [r1, r2]', 0x5888, 0, { size: 2, kind: 'load', result: 0, address: [1, 2] }],
    ['strh r0, [r1, r2]', 0x5288, 0, { size: 2, kind: 'store', result: null, address: [1, 2] }],
    ['ldrb r3, [r4, 1]', 0x7863, 0, { size: 2, kind: 'load', result: 3, address: [4] }],
    ['str r0, [sp, 4]', 0x9001, 0, { size: 2, kind: 'store', address: [13] }],
    ['push {r4, r5, lr}', 0xb530, 0, { size: 2, kind: 'store-many', transfers: 3 }],
    ['pop {r4, r5, pc}', 0xbd30, 0, { size: 2, kind: 'load-many', transfers: 3, intoCounter: true }],
    ['ldmia r0!, {r1, r2}', 0xc806, 0, { size: 2, kind: 'load-many', transfers: 2, intoCounter: false }],
    ['cbz r0', 0xb110, 0, { size: 2, kind: 'branch' }],
    ['ite eq', 0xbf0c, 0, { size: 2, kind: 'if-then' }],
    ['nop', 0xbf00, 0, { size: 2, kind: 'arithmetic' }],
    ['bne', 0xd1fc, 0, { size: 2, kind: 'branch' }],
    ['bkpt', 0xbeab, 0, { size: 2, kind: 'system' }],
    ['bl', 0xf000, 0xf802, { size: 4, kind: 'call' }],
    ['b.w', 0xf000, 0xb802, { size: 4, kind: 'branch' }],
    ['nop.w', 0xf3af, 0x8000, { size: 4, kind: 'arithmetic' }],
    ['and.w r0, r1, 1', 0xf001, 0x0001, { size: 4, kind: 'arithmetic', result: 0 }],
    ['eor.w r0, r1, r2, lsr 3', 0xea81, 0x00d2, { size: 4, kind: 'arithmetic', result: 0 }],
    ['ldr.w r0, [r1, r2, lsl 2]', 0xf851, 0x0022, { size: 4, kind: 'load', result: 0, address: [1, 2] }],
    ['str.w r0, [r1, 4]!', 0xf841, 0x0f04, { size: 4, kind: 'store', address: [1] }],
    ['ldrd r0, r1, [r2]', 0xe9d2, 0x0100, { size: 4, kind: 'load-many', transfers: 2 }],
    ['ldmia.w r0, {r1-r8}', 0xe890, 0x01fe, { size: 4, kind: 'load-many', transfers: 8 }],
    ['tbb [pc, r0]', 0xe8df, 0xf000, { size: 4, kind: 'branch' }],
    ['mul.w r0, r1, r2', 0xfb01, 0xf002, { size: 4, kind: 'multiply' }],
    ['mla r0, r1, r2, r3', 0xfb01, 0x3002, { size: 4, kind: 'multiply-add' }],
    ['umull r0, r1, r2, r3', 0xfba2, 0x0103, { size: 4, kind: 'long-multiply' }],
    ['udiv r0, r1, r2', 0xfbb1, 0xf0f2, { size: 4, kind: 'divide' }],
    ['vldr s0, [r0]', 0xed90, 0x0a00, { size: 4, kind: 'load-many', transfers: 1 }],
    ['vadd.f32 s0, s0, s1', 0xee30, 0x0a20, { size: 4, kind: 'float' }],
    ['vdiv.f32 s0, s0, s1', 0xee80, 0x0a20, { size: 4, kind: 'float-divide' }],
    ['vfma.f32 s0, s0, s1', 0xeea0, 0x0a20, { size: 4, kind: 'float-multiply-add' }],
    ['vldrw.u32 q0, [r0]', 0xed90, 0x1f00, { size: 4, kind: 'load-many' }],
    ['veor q0, q0, q1', 0xff00, 0x0152, { size: 4, kind: 'vector' }],
  ] as const)('%s', (_text, first, second, expected) => {
    expect(decodeThumb(first, second)).toMatchObject(expected);
  });

  it('has a kind for whatever it gets', () => {
    const kinds = new Set<string>();
    for (let first = 0; first < 0x10000; first += 1) {
      for (const second of [0x0000, 0x0a20, 0x8000, 0xd000, 0xf0f2]) kinds.add(decodeThumb(first, second).kind);
    }
    expect([...kinds].sort()).toEqual([...KINDS].sort());
  });
});

describe('RV32IMAC', () => {
  it.each([
    ['lw a0, 4(a1)', 0x0045a503, 4, 'load'],
    ['sb a0, 0(a1)', 0x00a58023, 4, 'store'],
    ['xor a0, a0, a1', 0x00b54533, 4, 'arithmetic'],
    ['mul a0, a0, a1', 0x02b50533, 4, 'multiply'],
    ['divu a0, a0, a1', 0x02b55533, 4, 'divide'],
    ['beq a0, a1', 0x00b50463, 4, 'branch'],
    ['jal ra', 0x008000ef, 4, 'call'],
    ['j', 0x0080006f, 4, 'branch'],
    ['ret', 0x8082, 2, 'branch'],
    ['c.lw a0, 0(a1)', 0x4188, 2, 'load'],
    ['c.sw a0, 0(a1)', 0xc188, 2, 'store'],
    ['c.lwsp a0, 0(sp)', 0x4502, 2, 'load'],
    ['c.addi a0, 1', 0x0505, 2, 'arithmetic'],
    ['c.bnez a0', 0xe119, 2, 'branch'],
    ['c.mv a0, a1', 0x852e, 2, 'arithmetic'],
    ['ecall', 0x00000073, 4, 'system'],
  ] as const)('%s', (_text, word, size, kind) => {
    expect(decodeRiscv(word & 0xffff, word >>> 16)).toMatchObject({ size, kind });
  });
});
