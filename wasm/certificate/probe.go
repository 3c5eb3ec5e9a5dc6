package certificate

import (
	"context"

	"unnoise/wasm/checkpoint"
	"unnoise/wasm/evalcase"
	"unnoise/wasm/noise"
)

// manyMACs is what a network multiplies that gets one probe instead of three: engines run them when they load.
const manyMACs = 1e11

// AddProbe stores what the pack's network answers on the CPU engine to noise of a fixed seed at the first, the middle and the last
// timestep; of a large network at the middle alone. Such a probe tells engines apart, not a wrong mapping.
func AddProbe(ctx context.Context, n Network, k *checkpoint.Converted) error {
	d, err := n.load(ctx, n.Pack)
	if err != nil {
		return err
	}
	defer d.Release()
	T := n.Process.TrainTimesteps
	ts := []int{0, T / 2, T - 1}
	if n.Plan.MACs() > manyMACs {
		ts = ts[1:2]
	}
	for i, t := range ts {
		x := make([]float32, d.InShape(1).Len())
		noise.Normals(x, 0, noise.Start, 0, uint32(i))
		labels, at := n.labels(i, 1), []float64{float64(t)}
		eps, err := evalcase.Denoise(ctx, d, x, at, labels)
		if err != nil {
			return err
		}
		if err := k.AddProbe("this program's CPU engine", at, labels, x, eps); err != nil {
			return err
		}
	}
	return nil
}
