// What a model with classes is told besides noise or a picture; nothing for the others.

/**
 * The labels that stand for a class: all but the one that stands for none.
 *
 * @param {{classes: number, nullLabel: number}} model
 * @returns {number[]}
 */
export function labelsOf({ classes, nullLabel }) {
  return Array.from({ length: classes }, (_, i) => i).filter((label) => label !== nullLabel);
}

/**
 * The classes of pictures that the page draws by itself: one after the other.
 *
 * @param {{classes: number, nullLabel: number}} model
 * @param {number} count how many pictures
 * @param {number} [first] the first one's, modulo the number of classes
 * @returns {{labels?: number[]}}
 */
export function classesInTurn(model, count, first = 0) {
  const labels = labelsOf(model);
  return labels.length ? { labels: Array.from({ length: count }, (_, i) => labels[(first + i) % labels.length]) } : {};
}

/**
 * The class of a picture that is given, which nobody has told: the label of no class (which the library takes where none is
 * named), else 0.
 *
 * @param {{classes: number, nullLabel: number}} model
 * @returns {{label?: number}}
 */
export function unknownClass({ classes, nullLabel }) {
  return classes && nullLabel < 0 ? { label: 0 } : {};
}

/**
 * The same for several pictures.
 *
 * @param {{classes: number, nullLabel: number}} model
 * @param {number} count
 * @returns {{labels?: number[]}}
 */
export function unknownClasses(model, count) {
  const { label } = unknownClass(model);
  return label === undefined ? {} : { labels: Array(count).fill(label) };
}
