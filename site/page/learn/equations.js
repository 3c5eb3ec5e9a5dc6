// The equations of the ten screens in MathML. A term's class c1, c2, c3 gives it the colour that it has in the figure.

const row = (...parts) => `<mrow>${parts.join("")}</mrow>`;
const i = (name) => `<mi>${name}</mi>`;
const n = (value) => `<mn>${value}</mn>`;
const o = (sign) => `<mo>${sign}</mo>`;
const sub = (a, b) => `<msub>${a}${b}</msub>`;
const sup = (a, b) => `<msup>${a}${b}</msup>`;
const frac = (a, b) => `<mfrac>${a}${b}</mfrac>`;
const sqrt = (...a) => `<msqrt>${a.join("")}</msqrt>`;
const bar = (a) => `<mover accent="true">${a}<mo stretchy="false">¯</mo></mover>`;
const hat = (a) => `<mover accent="true">${a}<mo stretchy="false">^</mo></mover>`;
const tilde = (a) => `<mover accent="true">${a}<mo stretchy="false">~</mo></mover>`;
const c = (k, ...parts) => `<mrow class="c${k}">${parts.join("")}</mrow>`;
const rigid = (sign) => `<mo stretchy="false">${sign}</mo>`;
const paren = (...parts) => row(rigid("("), ...parts, rigid(")"));
// Around fractions.
const tall = (...parts) => row(o("("), ...parts, o(")"));
const norm2 = (...parts) => row(rigid("‖"), ...parts, sup(rigid("‖"), n(2)));
const normal = (...parts) => row(i("𝒩"), paren(...parts));

const x = (k) => sub(i("x"), typeof k === "number" ? n(k) : i(k));
const t = i("t");
const guess = sub(hat(i("x")), n(0));
const before = row(t, o("−"), n(1));
// A function's name and what it takes without parentheses.
const thin = '<mspace width="0.17em"/>';
const abar = (k = t) => sub(bar(i("α")), k);
const alpha = sub(i("α"), t);
const beta = sub(i("β"), t);
const eps = i("ε");
const epsTheta = row(sub(i("ε"), i("θ")), paren(x("t"), o(","), t));
const sinPhi = row(i("sin"), thin, i("φ"));
const sqrtOneMinus = sqrt(n(1), o("−"), abar());

// No taller than what stands around it, in WebKit neither.
const given = '<mo stretchy="false" lspace="0.28em" rspace="0.28em">|</mo>';
// At the start of a line it would be a sign.
const plus = '<mo form="infix">+</mo>';

// Where a line ends: an equation must fit a phone.
const newLine = "\n";
const lines = (text) => text.split(newLine).map((line) => `<math display="block"><mrow>${line}</mrow></math>`);
const math = (...parts) => lines(parts.join("")).join("");

/** Lines by screen, 1 to 10. */
export const equations = [
  // Equation 4.
  math(
    i("q"),
    paren(x("t"), given, x(0)),
    o("="),
    normal(x("t"), o(";"), c(1, sqrt(abar()), x(0)), o(","), c(2, paren(n(1), o("−"), abar())), i("I")),
  ),
  math(
    c(1, abar()),
    o("="),
    `<munderover><mo>∏</mo>${row(i("s"), o("="), n(1))}${t}</munderover>`,
    paren(n(1), o("−"), c(2, sub(i("β"), i("s")))),
    newLine,
    i("SNR"),
    paren(t),
    o("="),
    frac(c(1, abar()), row(n(1), o("−"), abar())),
  ),
  // Equations 6 and 7.
  math(
    i("q"),
    paren(sub(i("x"), before), given, x("t"), o(","), x(0)),
    o("="),
    normal(tilde(i("μ")), o(","), sub(tilde(i("β")), t), i("I")),
    newLine,
    tilde(i("μ")),
    o("="),
    c(1, frac(row(sqrt(abar(before)), beta), row(n(1), o("−"), abar())), x(0)),
    o("+"),
    c(2, frac(row(sqrt(alpha), paren(n(1), o("−"), abar(before))), row(n(1), o("−"), abar())), x("t")),
  ),
  math(
    c(1, epsTheta),
    o("≈"),
    o("−"),
    sqrtOneMinus,
    c(2, sub(o("∇"), x("t")), thin, i("log"), thin, i("q"), paren(x("t"))),
    newLine,
    guess,
    o("="),
    frac(row(x("t"), o("−"), sqrtOneMinus, c(1, epsTheta)), sqrt(abar())),
  ),
  // Equation 14.
  math(
    sub(i("L"), i("simple")),
    o("="),
    sub(i("𝔼"), row(t, o(","), x(0), o(","), eps)),
    newLine,
    norm2(
      c(1, eps),
      o("−"),
      c(2, sub(i("ε"), i("θ")), paren(sqrt(abar()), x(0), o("+"), sqrtOneMinus, eps, o(","), t)),
    ),
  ),
  math(c(1, sub(i("ε"), i("θ"))), o(":"), paren(x("t"), o(","), t), o("↦"), hat(eps)),
  // Algorithm 2.
  math(
    sub(i("x"), before),
    o("="),
    frac(n(1), sqrt(alpha)),
    tall(x("t"), o("−"), c(1, frac(row(n(1), o("−"), alpha), sqrtOneMinus), epsTheta)),
    newLine,
    plus,
    c(2, sub(i("σ"), t), i("z")),
  ),
  // Song, Meng and Ermon 2021, equation 12.
  math(
    x("s"),
    o("="),
    sqrt(abar(i("s"))),
    c(1, guess),
    newLine,
    plus,
    sqrt(n(1), o("−"), abar(i("s")), o("−"), sup(i("σ"), n(2))),
    epsTheta,
    o("+"),
    c(2, i("σ"), i("z")),
  ),
  // Equation 13.
  math(
    sub(i("p"), i("θ")),
    paren(x(0), given, x(1)),
    o("="),
    newLine,
    `<munderover><mo>∏</mo>${row(i("i"), o("="), n(1))}${i("D")}</munderover>`,
    `<msubsup><mo>∫</mo>${row(i("x"), o("−"), n("1/255"))}${row(i("x"), o("+"), n("1/255"))}</msubsup>`,
    normal(c(1, i("u")), o(";"), c(2, sub(i("μ"), i("θ"))), o(","), sup(sub(i("σ"), n(1)), n(2))),
    i("d"),
    i("u"),
  ),
  math(
    x("λ"),
    o("="),
    frac(row(i("sin"), paren(paren(n(1), o("−"), i("λ")), i("φ"))), sinPhi),
    c(1, x("A")),
    newLine,
    plus,
    frac(row(i("sin"), paren(i("λ"), i("φ"))), sinPhi),
    c(2, x("B")),
  ),
];
