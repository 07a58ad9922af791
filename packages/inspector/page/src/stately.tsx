import "./styles/styles.css";
import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { render } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Mark } from "./shell/icons.tsx";
import "./state/theme.ts";
import { takeToken } from "./state/token.ts";

const site = "https://stately.ai";
const mostWaiting = 2_000;
const agreed = signal(false);
const token = takeToken();

/** The official inspector in a frame, after a warning: what it shows, it gets. */
function StatelyPage(): JSX.Element {
  return agreed.value ? <Bridge /> : <Warning />;
}

function Warning(): JSX.Element {
  return (
    <main class="stately-warning card">
      <Mark />
      <h1>Open the official Stately inspector?</h1>
      <p>
        It is a page of <strong>stately.ai</strong>, not of this machine. Names, hosts, states, causes and what{" "}
        <code>inspect()</code> shows of every manager are handed to it, for as long as it is open. Payloads of calls are
        not.
      </p>
      <p class="muted">Reeve's own inspector shows the same and needs no internet.</p>
      <div class="dialog-buttons">
        <a class="button" href="/">
          Stay here
        </a>
        <button type="button" class="button grave" onClick={() => (agreed.value = true)}>
          Send the data and open it
        </button>
      </div>
    </main>
  );
}

/** As the relay of `@statelyai/inspect/server` does it, but for that one origin only. */
function Bridge(): JSX.Element {
  const frame = useRef<HTMLIFrameElement>(null);
  useEffect(() => {
    const waiting: unknown[] = [];
    let connected = false;
    const post = (message: unknown): void => frame.current?.contentWindow?.postMessage(message, site);
    const onMessage = ({ origin, data }: MessageEvent): void => {
      if (origin !== site || data?.type !== "@statelyai.connected") return;
      connected = true;
      waiting.splice(0).forEach(post);
    };
    addEventListener("message", onMessage);
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/inspect?token=${encodeURIComponent(token)}`);
    socket.onmessage = ({ data }) => {
      const message: unknown = JSON.parse(data);
      if (connected) post(message);
      else if (waiting.length < mostWaiting) waiting.push(message);
    };
    return () => {
      removeEventListener("message", onMessage);
      socket.close();
    };
  }, []);
  return <iframe ref={frame} class="stately-frame" title="Stately inspector" src={`${site}/inspect`} />;
}

render(<StatelyPage />, document.querySelector("#app")!);
