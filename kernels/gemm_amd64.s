//go:build goexperiment.simd

#include "textflag.h"

// The products of four pixels with the panel's weights at step u of k: Y0 to Y7 are their sums.
#define STEP(u) \
	VMOVUPS      (64*u)(R11), Y8     \
	VMOVUPS      (64*u+32)(R11), Y9  \
	VBROADCASTSS (4*u)(AX), Y10      \
	VBROADCASTSS (4*u)(BX), Y11      \
	VFMADD231PS  Y8, Y10, Y0         \
	VFMADD231PS  Y9, Y10, Y1         \
	VBROADCASTSS (4*u)(R12), Y12     \
	VFMADD231PS  Y8, Y11, Y2         \
	VFMADD231PS  Y9, Y11, Y3         \
	VBROADCASTSS (4*u)(R13), Y13     \
	VFMADD231PS  Y8, Y12, Y4         \
	VFMADD231PS  Y9, Y12, Y5         \
	VFMADD231PS  Y8, Y13, Y6         \
	VFMADD231PS  Y9, Y13, Y7

#define ADVANCE(n) \
	ADDQ $(4*n), AX   \
	ADDQ $(4*n), BX   \
	ADDQ $(4*n), R12  \
	ADDQ $(4*n), R13  \
	ADDQ $(64*n), R11

// func tileAVX2(acc, s *float32, offs *int, count, rowStride, rows, run int, panel *float32)
TEXT ·tileAVX2(SB), NOSPLIT, $0-64
	MOVQ acc+0(FP), DI
	MOVQ s+8(FP), SI
	MOVQ offs+16(FP), DX
	MOVQ count+24(FP), CX
	MOVQ rowStride+32(FP), R8
	MOVQ run+48(FP), R10

	// From a row's end to the next one's start, in bytes.
	SUBQ R10, R8
	SHLQ $2, R8

tile:
	MOVQ   0(DX), AX
	MOVQ   8(DX), BX
	MOVQ   16(DX), R12
	MOVQ   24(DX), R13
	LEAQ   (SI)(AX*4), AX
	LEAQ   (SI)(BX*4), BX
	LEAQ   (SI)(R12*4), R12
	LEAQ   (SI)(R13*4), R13
	MOVQ   panel+56(FP), R11
	MOVQ   rows+40(FP), R9
	VXORPS Y0, Y0, Y0
	VXORPS Y1, Y1, Y1
	VXORPS Y2, Y2, Y2
	VXORPS Y3, Y3, Y3
	VXORPS Y4, Y4, Y4
	VXORPS Y5, Y5, Y5
	VXORPS Y6, Y6, Y6
	VXORPS Y7, Y7, Y7

row:
	MOVQ R10, R15
	SUBQ $4, R15
	JLT  rest

four:
	STEP(0)
	STEP(1)
	STEP(2)
	STEP(3)
	ADVANCE(4)
	SUBQ $4, R15
	JGE  four

rest:
	ADDQ $4, R15
	JZ   end

one:
	STEP(0)
	ADVANCE(1)
	DECQ R15
	JNZ  one

end:
	ADDQ R8, AX
	ADDQ R8, BX
	ADDQ R8, R12
	ADDQ R8, R13
	DECQ R9
	JNZ  row

	VMOVUPS Y0, 0(DI)
	VMOVUPS Y1, 32(DI)
	VMOVUPS Y2, 64(DI)
	VMOVUPS Y3, 96(DI)
	VMOVUPS Y4, 128(DI)
	VMOVUPS Y5, 160(DI)
	VMOVUPS Y6, 192(DI)
	VMOVUPS Y7, 224(DI)
	ADDQ    $256, DI
	ADDQ    $32, DX
	SUBQ    $4, CX
	JNZ     tile
	VZEROUPPER
	RET
