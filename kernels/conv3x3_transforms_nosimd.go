//go:build !goexperiment.simd || !(amd64 || arm64 || wasm)

package kernels

func f2Input(out []float32, outStep int, in []float32, inStep, n int) {
	f2InputScalar(out, outStep, in, inStep, n)
}

func f2Weights(out []float32, outStep int, in []float32, inStep, n int) {
	f2WeightsScalar(out, outStep, in, inStep, n)
}

func f2Output(out []float32, outStep int, in []float32, inStep, n int) {
	f2OutputScalar(out, outStep, in, inStep, n)
}

func f4Input(out []float32, outStep int, in []float32, inStep, n int) {
	f4InputScalar(out, outStep, in, inStep, n)
}

func f4Weights(out []float32, outStep int, in []float32, inStep, n int) {
	f4WeightsScalar(out, outStep, in, inStep, n)
}

func f4Output(out []float32, outStep int, in []float32, inStep, n int) {
	f4OutputScalar(out, outStep, in, inStep, n)
}
