// The texts of the ten screens in English. Each has at most 120 words; ko.js has the same, written as Korean.

export default {
  screens: [
    {
      title: "Noise is easy",
      text: "<p>Take a picture and let it fade: a little less of it, a little more random noise, a thousand times over. No network is needed for this. Because noise added to noise is noise again, we may jump to any moment at once: what is left of <b class='c1'>the picture</b> and how much <b class='c2'>noise</b> lies on it are two numbers.</p><p>Drag <var>t</var>. At 1000 nothing is left that anybody could see. To draw a picture, a diffusion model walks this road backwards.</p>",
      section: "Section 2, equation 4",
      link: ["#forward", "Open Forward"],
    },
    {
      title: "How fast it fades",
      text: "<p>The schedule says how much noise each step adds: <b class='c2'>β</b>, small at first and larger later. What survives of the picture's variance is <b class='c1'>ᾱ</b>, the product of all 1 − β so far. Its ratio to the noise is the signal-to-noise ratio.</p><p>Point at the curves. Where ᾱ is near 1 only grain is missing; in the middle shapes are decided; at the end the signal has faded to 0.00004, so that a chain may begin with pure noise.</p>",
      section: "Sections 2 and 4",
      link: ["#forward", "See it on a picture"],
    },
    {
      title: "Going back one step",
      text: "<p>If we knew the finished picture, one step back would be a known bell curve: its mean lies between <b class='c1'>what the picture is</b> and <b class='c2'>where we stand</b>. Without it the way back is unknown.</p><p>So that is what the network is asked: look at the noisy picture, and say what the finished one would be. The figure shows one pixel. Near the end of the chain the curve is narrow and sits on the answer; far out it hardly moves.</p>",
      section: "Sections 2 and 3.2, equations 6 and 7",
      link: ["#sample", "Take one step"],
    },
    {
      title: "Predict the noise",
      text: "<p>Guessing the picture, guessing <b class='c1'>the noise</b> on it or guessing the mean of the step are the same: each follows from the other two. The paper's network guesses the noise.</p><p>It is also a direction. Up to a factor, the noise points away from where pictures are likely: <b class='c2'>the score</b>, the slope of log density. Let the points walk: they follow the arrows with a little noise at each step (Langevin dynamics), which is what Algorithm 2 does with pictures. Much noise first, then less.</p>",
      section: "Section 3.2, Algorithm 2",
      link: ["#sample", "Watch it with pictures"],
    },
    {
      title: "Training in one picture",
      text: "<p>Take a picture, a random <var>t</var> and random <b class='c1'>noise</b>; mix them; let <b class='c2'>the network</b> guess the noise; move its weights a little towards a smaller error. That is all of training (Algorithm 1).</p><p>The curve is this model's error on one picture: at large <var>t</var> the noise is nearly all there is, and easy to guess; at small <var>t</var> it hides in grain. The table compares what can be guessed, and with which loss.</p>",
      section: "Sections 3.4 and 4.2, table 2",
      link: ["#models", "The models here"],
    },
    {
      title: "The U-Net",
      text: "<p>The guess is made by a U-Net. It looks at the picture at full size, then at half, and smaller, where one pixel sees everything; then it comes back up, and at each size gets handed across what it saw on the way down. <b class='c2'>Attention</b> lets distant places compare notes. The timestep is told to every block.</p><p>Choose <b class='c1'>a block</b>: its channels for this picture at this <var>t</var> appear. Early ones find edges, deep ones no longer look like the picture.</p>",
      section: "Section 4, appendix B",
      link: ["#engine", "Open the engine room"],
    },
    {
      title: "Sampling",
      text: "<p>Now backwards. Begin with pure noise. At each step let the network guess <b class='c1'>the noise</b>, take a small part of it away, and add a little <b class='c2'>fresh noise</b>, so that the chain does not settle too early. The last step adds none.</p><p>Step through it. The guess of the finished picture begins as an average of everything, then commits: shapes first, details last.</p>",
      section: "Section 3.2, Algorithm 2",
      link: ["#sample", "Open Sample"],
    },
    {
      title: "Skipping steps",
      text: "<p>A thousand steps are slow. DDIM jumps: from the guess of <b class='c1'>the finished picture</b> and of the noise it computes any earlier moment, adding <b class='c2'>no noise</b> on the way. Ten jumps are enough for a digit.</p><p>The original steps do not skip as well. With few of them, the large variance of the paper adds more noise than the next step can remove: the picture stays grainy. Try 5 steps, then 50.</p>",
      section: "Section 4.1; Song, Meng and Ermon 2021",
      link: ["#sample", "Try every sampler"],
    },
    {
      title: "Images as bits",
      text: "<p>Pixels are whole numbers. The last step therefore adds no noise, and gives each of 256 levels its share of <b class='c1'>a bell curve</b> around <b class='c2'>the mean</b>: that makes the model a code, with bits per value.</p><p>Send <var>x<sub>t</sub></var> from noisy to clean, and the receiver can guess the picture all along. The figure shows this guess: after a few percent of the bits you see what it is. The rest is grain.</p>",
      section: "Sections 3.3 and 4.3, figure 5",
      link: ["#code", "Code a picture"],
    },
    {
      title: "Between pictures",
      text: "<p>A deterministic chain turns each noise into one picture. So a way through noise is a way through pictures: mix <b class='c1'>noise A</b> with <b class='c2'>noise B</b> along the great circle, which keeps its strength, and let every mixture become a picture.</p><p>Drag λ. The paper does this with real pictures: noise both to a depth, mix linearly, come back. The deeper, the freer.</p>",
      section: "Section 4.4, figures 8 and 9",
      link: ["#interpolate", "Open Interpolate"],
    },
  ],
};
