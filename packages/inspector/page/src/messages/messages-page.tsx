import type { JSX } from "preact";
import { Sequence } from "./sequence.tsx";

export function MessagesPage(): JSX.Element {
  return (
    <section class="card messages-page" aria-labelledby="messages-title">
      <h1 id="messages-title">Messages</h1>
      <Sequence />
    </section>
  );
}
