import type { JSX } from "preact";
import type { Tone } from "../state/manager-view.ts";

const shapes: Readonly<Record<Tone, JSX.Element>> = {
  good: <circle cx="6" cy="6" r="4.5" fill="currentColor" />,
  warn: <path d="M6 1.2 11 10.4H1z" fill="currentColor" stroke="currentColor" stroke-linejoin="round" />,
  busy: (
    <>
      <circle cx="6" cy="6" r="4.2" fill="none" stroke="currentColor" stroke-opacity=".3" stroke-width="2" />
      <path
        class="turning"
        d="M6 1.8A4.2 4.2 0 0 1 10.2 6"
        fill="none"
        stroke="currentColor"
        stroke-width="2"
        stroke-linecap="round"
      />
    </>
  ),
  reset: (
    <path
      class="turning"
      d="M9.8 4.2A4.3 4.3 0 1 0 10.3 6M10.2 1.6v2.8H7.4"
      fill="none"
      stroke="currentColor"
      stroke-width="1.7"
      stroke-linecap="round"
      stroke-linejoin="round"
    />
  ),
  quiet: <circle cx="6" cy="6" r="3.8" fill="none" stroke="currentColor" stroke-width="1.8" />,
  unknown: (
    <path
      d="M3.6 4.3a2.4 2.4 0 1 1 3.5 2.1Q6 7 6 8M6 10.2v.4"
      fill="none"
      stroke="currentColor"
      stroke-width="1.9"
      stroke-linecap="round"
    />
  ),
  lost: (
    <path
      d="M2.8 9.2 9.2 2.8M6 1.6a4.4 4.4 0 1 0 0 8.8 4.4 4.4 0 0 0 0-8.8"
      fill="none"
      stroke="currentColor"
      stroke-width="1.7"
      stroke-linecap="round"
    />
  ),
  bad: <path d="m2.4 2.4 7.2 7.2m0-7.2-7.2 7.2" stroke="currentColor" stroke-width="2.2" stroke-linecap="round" />,
};

/** A state's own shape, so that colour is not all that tells it apart. */
export function StateGlyph({ tone }: { readonly tone: Tone }): JSX.Element {
  return (
    <svg class="glyph" viewBox="0 0 12 12" aria-hidden="true">
      {shapes[tone]}
    </svg>
  );
}

export function Mark(): JSX.Element {
  return (
    <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" fill="var(--brand)" />
      <path d="M11 11.5h5M11 20.5h5" stroke="#fff" stroke-opacity=".55" stroke-width="2.2" />
      <rect x="5" y="8" width="7" height="7" rx="2.2" fill="#fff" />
      <rect x="5" y="17" width="7" height="7" rx="2.2" fill="#fff" fill-opacity=".7" />
      <rect x="15" y="10" width="12" height="12" rx="3.6" fill="none" stroke="#fff" stroke-width="2.4" />
      <circle cx="21" cy="16" r="2.3" fill="#fff" />
    </svg>
  );
}
