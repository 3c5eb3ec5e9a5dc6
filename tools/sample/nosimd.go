//go:build !goexperiment.simd

package main

// simd says whether the kernels were built with SIMD.
const simd = false
