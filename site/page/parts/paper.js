// What Ho, Jain and Abbeel report of their CIFAR-10 model (Denoising Diffusion Probabilistic Models, 2020), as data.

/** Table 4, which accompanies figure 5: [reverse step of 1000, rate in bits/dim, distortion as RMSE of 255]. */
export const rateDistortion = [
  [100, 0.0, 67.60125],
  [200, 0.00013, 60.9717],
  [300, 0.00081, 54.18826],
  [400, 0.00282, 46.12765],
  [500, 0.00716, 38.03236],
  [600, 0.01507, 30.80948],
  [700, 0.02866, 24.43656],
  [800, 0.05415, 18.47482],
  [900, 0.11994, 12.02277],
  [1000, 1.77581, 0.95136],
];

/** Section 4.3: of the lossless code of 3.75 bits/dim at most so much is rate and so much distortion, of RMSE 0.95 on 0 to 255. */
export const losslessShare = { rate: 1.78, distortion: 1.97, rmse: 0.95 };

/** Table 2: [what is predicted, objective, Inception score, FID]; null where training was unstable. */
export const ablation = [
  ["mu", "learned", 7.28, 23.69],
  ["mu", "fixed", 8.06, 13.22],
  ["mu", "simple", null, null],
  ["eps", "learned", null, null],
  ["eps", "fixed", 7.67, 13.51],
  ["eps", "simple", 9.46, 3.17],
];
