import { describe, expect, it } from 'vitest';
import { decodeAvr } from '../../../../compiler/runner/count/avr.ts';

describe('AVR instructions', () => {
  it.each([
    ['add r24, r22', 0x0f86, 2, 'arithmetic'],
    ['muls r16, r17', 0x0201, 2, 'multiply'],
    ['mul r24, r22', 0x9f86, 2, 'multiply'],
    ['cpse r24, r25', 0x1389, 2, 'branch'],
    ['cp r24, r22', 0x1786, 2, 'arithmetic'],
    ['ldi r24, 1', 0xe081, 2, 'arithmetic'],
    ['ldd r24, Y+1', 0x8189, 2, 'load'],
    ['std Z+2, r24', 0x8382, 2, 'store'],
    ['lds r24, 0x0100', 0x9180, 4, 'load'],
    ['sts 0x0100, r24', 0x9380, 4, 'store'],
    ['ld r24, X+', 0x918d, 2, 'load'],
    ['lpm r24, Z+', 0x9185, 2, 'load'],
    ['lpm', 0x95c8, 2, 'load'],
    ['push r28', 0x93cf, 2, 'store'],
    ['pop r28', 0x91cf, 2, 'load'],
    ['in r28, 0x3d', 0xb7cd, 2, 'load'],
    ['out 0x3d, r28', 0xbfcd, 2, 'store'],
    ['jmp', 0x940c, 4, 'branch'],
    ['call', 0x940e, 4, 'call'],
    ['rjmp', 0xc001, 2, 'branch'],
    ['rcall', 0xd001, 2, 'call'],
    ['icall', 0x9509, 2, 'call'],
    ['ret', 0x9508, 2, 'branch'],
    ['brne', 0xf7f1, 2, 'branch'],
    ['sbrc r24, 0', 0xfd80, 2, 'branch'],
    ['bld r24, 0', 0xf980, 2, 'arithmetic'],
    ['sbis 0x05, 1', 0x9b29, 2, 'branch'],
    ['adiw r24, 1', 0x9601, 2, 'arithmetic'],
    ['swap r24', 0x9582, 2, 'arithmetic'],
    ['lsr r24', 0x9586, 2, 'arithmetic'],
    ['dec r24', 0x958a, 2, 'arithmetic'],
    ['break', 0x9598, 2, 'system'],
  ])('%s', (_text, word, size, kind) => {
    expect(decodeAvr(word)).toMatchObject({ size, kind });
  });
});
