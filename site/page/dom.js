// The little that the page needs to build elements.

/** The element with the id. */
export const byId = (id) => document.getElementById(id);

/** A new element with properties and children; false and "" are no children. */
export function element(name, properties = {}, ...children) {
  const node = Object.assign(document.createElement(name), properties);
  node.append(...children.filter((child) => child !== false && child !== ""));
  return node;
}
