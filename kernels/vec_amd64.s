//go:build goexperiment.simd

#include "textflag.h"

// The constants of exp (vec_simd.go), in the order in which Y5 to Y15 hold them.
DATA expConstants<>+0(SB)/4, $-87.3
DATA expConstants<>+4(SB)/4, $1.44269504
DATA expConstants<>+8(SB)/4, $-0.693359375
DATA expConstants<>+12(SB)/4, $2.12194440e-4
DATA expConstants<>+16(SB)/4, $0x39500d01 // 1/5040
DATA expConstants<>+20(SB)/4, $0x3ab60b61 // 1/720
DATA expConstants<>+24(SB)/4, $0x3c088889 // 1/120
DATA expConstants<>+28(SB)/4, $0x3d2aaaab // 1/24
DATA expConstants<>+32(SB)/4, $0x3e2aaaab // 1/6
DATA expConstants<>+36(SB)/4, $0.5
DATA expConstants<>+40(SB)/4, $1.0
GLOBL expConstants<>(SB), RODATA|NOPTR, $44

#define CONSTANTS \
	VBROADCASTSS expConstants<>+0(SB), Y5   \
	VBROADCASTSS expConstants<>+4(SB), Y6   \
	VBROADCASTSS expConstants<>+8(SB), Y7   \
	VBROADCASTSS expConstants<>+12(SB), Y8  \
	VBROADCASTSS expConstants<>+16(SB), Y9  \
	VBROADCASTSS expConstants<>+20(SB), Y10 \
	VBROADCASTSS expConstants<>+24(SB), Y11 \
	VBROADCASTSS expConstants<>+28(SB), Y12 \
	VBROADCASTSS expConstants<>+32(SB), Y13 \
	VBROADCASTSS expConstants<>+36(SB), Y14 \
	VBROADCASTSS expConstants<>+40(SB), Y15

// Y4 = exp(Y1) for Y1 <= 0, with Y2 and Y3. 2^n is added to the polynomial's exponent, which lowest keeps from falling below 0.
#define EXP \
	VMAXPS      Y1, Y5, Y1   \
	VMULPS      Y6, Y1, Y2   \
	VROUNDPS    $0, Y2, Y2   \
	VMOVAPS     Y1, Y3       \
	VFMADD231PS Y7, Y2, Y3   \
	VFMADD231PS Y8, Y2, Y3   \
	VMOVAPS     Y9, Y4       \
	VFMADD213PS Y10, Y3, Y4  \
	VFMADD213PS Y11, Y3, Y4  \
	VFMADD213PS Y12, Y3, Y4  \
	VFMADD213PS Y13, Y3, Y4  \
	VFMADD213PS Y14, Y3, Y4  \
	VFMADD213PS Y15, Y3, Y4  \
	VFMADD213PS Y15, Y3, Y4  \
	VCVTPS2DQ   Y2, Y2       \
	VPSLLD      $23, Y2, Y2  \
	VPADDD      Y2, Y4, Y4

// func activateAVX2(out *float32, step int, in *float32, stride, pixels int, norm *float32, total, n int, act bool)
//
// step, stride and total are in bytes, n a multiple of 8.
TEXT ·activateAVX2(SB), NOSPLIT, $0-65
	MOVQ    out+0(FP), DI
	MOVQ    in+16(FP), SI
	MOVQ    pixels+32(FP), CX
	MOVQ    norm+40(FP), R8
	MOVQ    total+48(FP), R9
	MOVQ    n+56(FP), R10
	MOVBLZX act+64(FP), R11
	SHLQ    $2, R10
	LEAQ    (R8)(R9*1), R12
	LEAQ    (R12)(R9*1), R13
	CONSTANTS

pixel:
	XORQ AX, AX

vector:
	VMOVUPS (SI)(AX*1), Y0
	TESTQ   R8, R8
	JZ      normed
	VSUBPS  (R8)(AX*1), Y0, Y0
	VMOVUPS (R12)(AX*1), Y1
	VMOVUPS (R13)(AX*1), Y2
	VFMADD213PS Y2, Y1, Y0

normed:
	TESTL R11, R11
	JZ    activated

	// -|x|
	VPCMPEQD Y1, Y1, Y1
	VPSLLD   $31, Y1, Y1
	VORPS    Y0, Y1, Y1
	EXP

	// (max(x, 0) + max(min(x, 0), lowest) * t) / (1 + t)
	VXORPS      Y1, Y1, Y1
	VMAXPS      Y1, Y0, Y2
	VMINPS      Y1, Y0, Y3
	VMAXPS      Y5, Y3, Y3
	VFMADD231PS Y4, Y3, Y2
	VADDPS      Y15, Y4, Y4
	VDIVPS      Y4, Y2, Y0

activated:
	VMOVUPS Y0, (DI)(AX*1)
	ADDQ    $32, AX
	CMPQ    AX, R10
	JLT     vector

	ADDQ stride+24(FP), SI
	ADDQ step+8(FP), DI
	DECQ CX
	JNZ  pixel
	VZEROUPPER
	RET

// func expAVX2(row *float32, n int, top float32, sums *[8]float32)
//
// exp(row - top) in place; sums are the vectors' sum. n is a multiple of 8.
TEXT ·expAVX2(SB), NOSPLIT, $0-32
	MOVQ         row+0(FP), SI
	MOVQ         n+8(FP), CX
	MOVQ         sums+24(FP), DI
	VXORPS       Y0, Y0, Y0
	CONSTANTS

more:
	VMOVUPS      (SI), Y1
	VBROADCASTSS top+16(FP), Y2
	VSUBPS       Y2, Y1, Y1
	EXP
	VMOVUPS      Y4, (SI)
	VADDPS       Y4, Y0, Y0
	ADDQ         $32, SI
	SUBQ         $8, CX
	JNZ          more
	VMOVUPS      Y0, (DI)
	VZEROUPPER
	RET
