/** What scripts put into a page, which no answer of the server has. */

export function made<E extends Element>(element: E): E {
  element.setAttribute("data-made", "");
  return element;
}

export function isMade(node: Node): boolean {
  return node instanceof Element && node.hasAttribute("data-made");
}
