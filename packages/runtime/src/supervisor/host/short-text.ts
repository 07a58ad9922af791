/** Of what others wrote, so much is shown of a host: one long text must not keep an answer from fitting into a message. */
const longestText = 500;

/** A text, cut to the length at which it is shown. */
export function shortText(text: string): string {
  return text.length > longestText ? `${text.slice(0, longestText - 1)}…` : text;
}
