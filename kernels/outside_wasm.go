//go:build goexperiment.simd

package kernels

import "unsafe"

// In WebAssembly the innermost loops are modules of their own in the program's memory (tools/tiles): what Go's compiler makes of them takes
// two to three times as long. outside_loops_wasm.go checks the ranges, since the modules do not. Steps are in bytes there.

//go:wasmimport tiles tile
//go:noescape
func tileOutside(acc, s, offs unsafe.Pointer, count, rowStride, rows, run int32, panel unsafe.Pointer)

//go:wasmimport tiles widen
//go:noescape
func widenOutside(out, in unsafe.Pointer, n int32)

//go:wasmimport tiles activate
//go:noescape
func activateOutside(out unsafe.Pointer, step int32, in unsafe.Pointer, stride, pixels int32, norm unsafe.Pointer, total, n, act int32)

//go:wasmimport tiles finish
//go:noescape
func finishOutside(out unsafe.Pointer, step int32, acc unsafe.Pointer, pixels int32, scale, shift, residual unsafe.Pointer, mul float32)

//go:wasmimport tiles centred
//go:noescape
func centredOutside(sum, squares, x, mean unsafe.Pointer, stride, pixels, n int32)

//go:wasmimport tiles softmax
//go:noescape
func softmaxOutside(row unsafe.Pointer, n, rows, stride int32)

//go:wasmimport tiles f2Input
//go:noescape
func f2InputOutside(out unsafe.Pointer, outStep int32, in unsafe.Pointer, across, down, n int32)

//go:wasmimport tiles f2Output
//go:noescape
func f2OutputOutside(out unsafe.Pointer, outStep int32, in unsafe.Pointer, across, down, n int32)

//go:wasmimport tiles f2Weights
//go:noescape
func f2WeightsOutside(out unsafe.Pointer, outStep int32, in unsafe.Pointer, across, down, n int32)

//go:wasmimport tiles f2WeightsHalf
//go:noescape
func f2WeightsHalfOutside(out unsafe.Pointer, outStep int32, in unsafe.Pointer, across, down, n int32)

//go:wasmimport tiles f4Input
//go:noescape
func f4InputOutside(out unsafe.Pointer, outStep int32, in unsafe.Pointer, across, down, n int32)

//go:wasmimport tiles f4Output
//go:noescape
func f4OutputOutside(out unsafe.Pointer, outStep int32, in unsafe.Pointer, across, down, n int32)

//go:wasmimport tiles f4Weights
//go:noescape
func f4WeightsOutside(out unsafe.Pointer, outStep int32, in unsafe.Pointer, across, down, n int32)

//go:wasmimport tiles f4WeightsHalf
//go:noescape
func f4WeightsHalfOutside(out unsafe.Pointer, outStep int32, in unsafe.Pointer, across, down, n int32)

//go:wasmimport tiles rows
//go:noescape
func rowsOutside(out unsafe.Pointer, outStep int32, in unsafe.Pointer, inStep, n int32)

//go:wasmimport tiles transpose
//go:noescape
func transposeOutside(out, in unsafe.Pointer, step, n int32, mul float32)

//go:wasmimport tiles products
//go:noescape
func productsOutside(sums unsafe.Pointer, sumPlace, sumPanel int32, data unsafe.Pointer, dataPlace, step int32, weights unsafe.Pointer, weightPlace, weightPanel, places, windows, panels, block, run int32)

//go:wasmimport tiles product
//go:noescape
func productOutside(out unsafe.Pointer, step int32, s, offs unsafe.Pointer, count, rowStride, rows, run int32, panel, scale, shift, residual unsafe.Pointer, mul float32)

//go:wasmimport tiles f2OutputStore
//go:noescape
func f2StoreOutside(out unsafe.Pointer, pixel, row int32, in unsafe.Pointer, inStep, windows int32, scale, shift, residual unsafe.Pointer, mul float32)

//go:wasmimport tiles f4OutputStore
//go:noescape
func f4StoreOutside(out unsafe.Pointer, pixel, row int32, in unsafe.Pointer, inStep, windows int32, scale, shift, residual unsafe.Pointer, mul float32)
