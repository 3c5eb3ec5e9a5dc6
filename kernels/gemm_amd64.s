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

// A pixel's products with the weights in Z16 and Z17 at step u of k, added to two sums.
#define PRODUCTS(u, pixel, x, left, right) \
	VBROADCASTSS (4*u)(pixel)(R15*4), x \
	VFMADD231PS  Z16, x, left            \
	VFMADD231PS  Z17, x, right

// Those of eight pixels with the panel's 32 weights: Z0 to Z15 are their sums.
#define STEP512(u) \
	VMOVUPS (128*u)(R11), Z16         \
	VMOVUPS (128*u+64)(R11), Z17      \
	PRODUCTS(u, AX, Z18, Z0, Z1)      \
	PRODUCTS(u, BX, Z19, Z2, Z3)      \
	PRODUCTS(u, CX, Z20, Z4, Z5)      \
	PRODUCTS(u, SI, Z21, Z6, Z7)      \
	PRODUCTS(u, R8, Z22, Z8, Z9)      \
	PRODUCTS(u, R9, Z23, Z10, Z11)    \
	PRODUCTS(u, R12, Z24, Z12, Z13)   \
	PRODUCTS(u, R13, Z25, Z14, Z15)

// A pixel's address: s and the next offset.
#define PIXEL(i, p) \
	MOVQ (8*i)(DX), p    \
	LEAQ (DI)(p*4), p

// func tileAVX512(acc, s *float32, offs *int, count, rowStride, rows, run int, panel *float32)
TEXT ·tileAVX512(SB), NOSPLIT, $24-64
	MOVQ acc+0(FP), DX
	MOVQ DX, sums-8(SP)
	MOVQ offs+16(FP), DX
	MOVQ count+24(FP), AX
	MOVQ AX, left-16(SP)

tile:
	MOVQ  DX, pixels-24(SP)
	MOVQ  s+8(FP), DI
	PIXEL(0, AX)
	PIXEL(1, BX)
	PIXEL(2, CX)
	PIXEL(3, SI)
	PIXEL(4, R8)
	PIXEL(5, R9)
	PIXEL(6, R12)
	PIXEL(7, R13)
	MOVQ  panel+56(FP), R11
	MOVQ  rows+40(FP), DI
	MOVQ  rowStride+32(FP), DX
	SHLQ  $2, DX
	VPXORQ Z0, Z0, Z0
	VPXORQ Z1, Z1, Z1
	VPXORQ Z2, Z2, Z2
	VPXORQ Z3, Z3, Z3
	VPXORQ Z4, Z4, Z4
	VPXORQ Z5, Z5, Z5
	VPXORQ Z6, Z6, Z6
	VPXORQ Z7, Z7, Z7
	VPXORQ Z8, Z8, Z8
	VPXORQ Z9, Z9, Z9
	VPXORQ Z10, Z10, Z10
	VPXORQ Z11, Z11, Z11
	VPXORQ Z12, Z12, Z12
	VPXORQ Z13, Z13, Z13
	VPXORQ Z14, Z14, Z14
	VPXORQ Z15, Z15, Z15

row:
	XORQ R15, R15
	MOVQ run+48(FP), R10
	SUBQ $4, R10
	JLT  rest

four:
	STEP512(0)
	STEP512(1)
	STEP512(2)
	STEP512(3)
	ADDQ $512, R11
	ADDQ $4, R15
	SUBQ $4, R10
	JGE  four

rest:
	ADDQ $4, R10
	JZ   end

one:
	STEP512(0)
	ADDQ $128, R11
	INCQ R15
	DECQ R10
	JNZ  one

end:
	ADDQ DX, AX
	ADDQ DX, BX
	ADDQ DX, CX
	ADDQ DX, SI
	ADDQ DX, R8
	ADDQ DX, R9
	ADDQ DX, R12
	ADDQ DX, R13
	DECQ DI
	JNZ  row

	MOVQ    sums-8(SP), DI
	VMOVUPS Z0, 0(DI)
	VMOVUPS Z1, 64(DI)
	VMOVUPS Z2, 128(DI)
	VMOVUPS Z3, 192(DI)
	VMOVUPS Z4, 256(DI)
	VMOVUPS Z5, 320(DI)
	VMOVUPS Z6, 384(DI)
	VMOVUPS Z7, 448(DI)
	VMOVUPS Z8, 512(DI)
	VMOVUPS Z9, 576(DI)
	VMOVUPS Z10, 640(DI)
	VMOVUPS Z11, 704(DI)
	VMOVUPS Z12, 768(DI)
	VMOVUPS Z13, 832(DI)
	VMOVUPS Z14, 896(DI)
	VMOVUPS Z15, 960(DI)
	ADDQ    $1024, DI
	MOVQ    DI, sums-8(SP)
	MOVQ    pixels-24(SP), DX
	ADDQ    $64, DX
	SUBQ    $8, left-16(SP)
	JNZ     tile
	VZEROUPPER
	RET
