// The shapes of what the library takes and gives, for its documentation and its TypeScript declarations.

/**
 * What every method takes that needs time.
 *
 * @typedef {object} Stoppable
 * @property {AbortSignal} [signal] stops the work: the promise is rejected at once with an AbortError, the engine is free for
 *   other work within some milliseconds, or after the operation of the network that is under way
 */

/**
 * A seed: a whole number from 0 to 2^64-1, as a string beyond 2^53.
 *
 * @typedef {number|string} Seed
 */

/**
 * A sampler; `info.model.samplers` lists those that a model can be drawn with.
 *
 * @typedef {"ddpm"|"ddim"|"dpmpp"|"dpmpp-sde"|"unipc"|"euler"|"euler-ancestral"|"heun"|"pndm"|"plms"} SamplerName
 */

/**
 * How the reverse process is walked.
 *
 * @typedef {object} ProcessOptions
 * @property {SamplerName} [sampler] "ddim" unless told
 * @property {number} [steps] 1 to the model's training timesteps; 50 unless told. Heun asks the network twice a step
 * @property {number} [eta] noise of a DDIM step, 0 (none, the default) to 1 (as DDPM)
 * @property {"fixed_small"|"fixed_large"|"learned"|"learned_range"} [variance] of a DDPM step; the model's own unless told
 * @property {"leading"|"linspace"|"trailing"|"quadratic"} [spacing] which timesteps a shorter chain visits; quadratic with
 *   DDPM and DDIM alone
 * @property {number} [order] of DPM-Solver++ and UniPC, 1 to 3; 2 unless told
 * @property {"midpoint"|"heun"|"bh1"|"bh2"} [solver] form of DPM-Solver++ (the first two) or UniPC (the last two)
 * @property {boolean} [karras] noise levels of DPM-Solver++, UniPC, Euler and Heun as Karras et al. 2022 space them; Heun
 *   leaves grain in few steps without
 * @property {number[]} [labels] class of each picture, for models with classes
 * @property {number} [guidance] classifier-free guidance, for models with a label of no class; 1, none, unless told
 * @property {Seed} [seed] of all noise; 0 unless told
 */

/**
 * How a part of a picture is kept (RePaint, Lugmayr et al. 2022).
 *
 * @typedef {object} RepaintOptions
 * @property {number} [jump] steps that are done again together; 10 unless told
 * @property {number} [repeats] times that every step is done; 10 unless told
 * @property {number} [count] pictures drawn together; picture i is the same in every count. 1 unless told
 */

/**
 * A chain: from noise, from a picture, or around the kept part of one.
 *
 * @typedef {object} StartOptions
 * @property {ImageData} [picture] start from this picture, of the model's size, or keep a part of it
 * @property {number} [depth] timestep that the picture is noised to (SDEdit, Meng et al. 2022); half of the training timesteps unless
 *   told
 * @property {Uint8Array} [mask] a byte a pixel: where it is 0 the picture is kept, where it is 255 it is drawn, with samplers that
 *   remember nothing: DDPM, DDIM, Euler and Euler ancestral
 * @property {Between} [between] a picture for every lambda instead: see Sampler.interpolate
 */

/** @typedef {ProcessOptions & RepaintOptions & StartOptions} ChainOptions */

/**
 * Two ends, and where between them pictures are wanted.
 *
 * @typedef {object} Between
 * @property {[ImageData, ImageData]} [pictures] noised to depth, then mixed linearly (Ho et al. 2020, figures 8 and 9)
 * @property {[Seed, Seed]} [seeds] whose noise x_T is mixed along the great circle
 * @property {number} [depth] timestep that the pictures are noised to; half of the training timesteps unless told
 * @property {number[]} lambdas 0, the first end, to 1, the second: a picture each
 */

/** @typedef {ProcessOptions & Between & Stoppable & Observable} InterpolateOptions */

/**
 * What a method takes that runs a chain.
 *
 * @typedef {object} Observable
 * @property {(progress: Progress) => void} [onProgress] hears how far the chain is, at most 30 times a second
 */

/**
 * What a method takes that counts its work.
 *
 * @typedef {object} Counted
 * @property {(progress: {done: number, total: number}) => void} [onProgress] hears how much of the work is done
 */

/**
 * How far a chain is.
 *
 * @typedef {object} Progress
 * @property {number} index steps done
 * @property {number} steps steps in all
 * @property {number} timestep the training timestep that the last step left
 * @property {boolean} done
 * @property {number} [msPerStep] milliseconds of work, mean of the last steps; NaN before the first
 * @property {number} [secondsLeft]
 * @property {boolean} [paused]
 * @property {{engine: string, reason: string}} [left] an engine that was lost in this step; the chain goes on with
 *   info.engine, from a step that may lie back
 */

/**
 * The pixels of a chain under way.
 *
 * @typedef {object} Frame
 * @property {number} index steps done
 * @property {number} timestep
 * @property {Uint8Array} x the chain's state, RGBA, count x height x width x 4
 * @property {Uint8Array} x0 the model's estimate of the finished picture, alike
 */

/**
 * A chain that was under way when its page was left.
 *
 * @typedef {object} KeptChain
 * @property {Uint8Array} bytes for Sampler.resume
 * @property {{name: string, hash: string, url: string}} model to be opened first; url is "" where it came from memory
 * @property {number} index steps done
 * @property {number} steps steps in all
 * @property {number} time when it was kept, as Date.now() counts
 * @property {object} about what run() was given as keep
 */

/**
 * The model, the engine, and how both were checked.
 *
 * @typedef {object} Info
 * @property {ModelInfo} model
 * @property {{engine: "webgpu"|"cpu", adapter: string, precision: string, software: boolean}} engine
 * @property {SelfTest} selfTest
 * @property {number} [workers] how many share the pictures of a chain, or a single one where the page is isolated; absent where there has been one
 * @property {{engine: string, reason: string}[]} dropped engines that were tried or lost and left, and why
 * @property {{bytes: number, from: "memory"|"storage"|"network", storageProblem: string}} pack storageProblem: why the
 *   browser did not keep it for the next visit; "" where it did
 */

/**
 * A model.
 *
 * @typedef {object} ModelInfo
 * @property {string} name
 * @property {string} hash SHA-256 of the pack's header, which names its content
 * @property {number} width in pixels
 * @property {number} height in pixels
 * @property {number} channels 1 (grey) or 3 (colour)
 * @property {number} parameters
 * @property {number} macs products of one step of one picture
 * @property {number} classes 0: none
 * @property {number} nullLabel the label that stands for no class; -1: none
 * @property {number} trainTimesteps
 * @property {string} variance of its reverse steps
 * @property {SamplerName[]} samplers those that it can be drawn with
 * @property {Record<string, string>} provenance where it comes from: name, source, data, licence, training and more
 */

/**
 * What an engine was tried with.
 *
 * @typedef {object} SelfTest
 * @property {number|null} probeError largest difference of the whole network's output from the values stored in the pack; null where
 *   that was not tried
 * @property {boolean} probeSkipped it would have taken too long, or the pack has none
 * @property {number} bound what probeError must not exceed
 * @property {{name: string, error: number, bound: number, ok: boolean}[]} operations largest difference of each operation from its
 *   definition
 */

/**
 * An operation of the network's plan and what it writes.
 *
 * @typedef {object} Layer
 * @property {number} index its place in the plan
 * @property {string} name the layer and its part: "down.0.res.0.conv1"
 * @property {"linear"|"groupnorm"|"conv3x3"|"conv1x1"|"attention"|"avgpool2"|"upsample"|"concat"|"combine"} kernel
 * @property {number} channels of its output; of a groupnorm, whose 3 rows are the mean, scale and shift of each channel, the
 *   channels of its input
 * @property {number} width
 * @property {number} height
 * @property {number} macs its products
 */

/**
 * What an operation wrote.
 *
 * @typedef {object} Activations
 * @property {Float32Array} data channels x height x width
 * @property {number} channels
 * @property {number} width
 * @property {number} height
 */

/**
 * How fast a model is.
 *
 * @typedef {object} Benchmark
 * @property {number} msPerStep milliseconds of one call of the network for one picture, the median
 * @property {number} steps how many were timed
 * @property {{index: number, name: string, kernel: string, ms: number}[]} [operations] of the plan, the mean; absent where the engine
 *   cannot tell. Operations that a GPU does together count for the first of them
 */

/**
 * How far opening a model is: its download, then the test of the engine.
 *
 * @typedef {import("./download.js").DownloadProgress | {type: "check"}} OpenProgress
 */

export {};
