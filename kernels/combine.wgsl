// clip(constant + sum of coefficient times tensor), as kernels/combine.go defines it: up to four terms, added in order.

struct Term {
  coef: f32,
  channels: u32, // of the tensor; 0: there is no such term
  skip: u32,     // first channel read
  inPlace: u32,  // 1: the tensor is the destination, which cannot be bound twice
}

struct Params {
  size: u32, c: u32, // elements and channels of the output
  constant: f32,
  clip: f32,         // 0 or less: no clipping
  terms: array<Term, 4>,
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read> c: array<f32>;
@group(0) @binding(4) var<storage, read> d: array<f32>;
@group(0) @binding(5) var<storage, read_write> out: array<f32>;

// place is where element i of the output stands in term k's tensor.
fn place(k: u32, i: u32) -> u32 {
  return i / p.c * p.terms[k].channels + p.terms[k].skip + i % p.c;
}

// term is the summand of element i: its own tensor's value, or the destination's.
fn term(k: u32, value: f32, before: f32) -> f32 {
  if (p.terms[k].channels == 0u) {
    return 0.0;
  }
  return p.terms[k].coef * select(value, before, p.terms[k].inPlace != 0u);
}

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < p.size; i += groups.x * 256u) {
    let before = out[i];
    var sum = p.constant;
    sum += term(0u, a[place(0u, i)], before);
    sum += term(1u, b[place(1u, i)], before);
    sum += term(2u, c[place(2u, i)], before);
    sum += term(3u, d[place(3u, i)], before);
    if (p.clip > 0.0) {
      sum = clamp(sum, -p.clip, p.clip);
    }
    out[i] = sum;
  }
}
