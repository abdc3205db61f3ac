/** A page for each place where a React application may make its session. `#name` chooses; every one has to settle. */
import { Session } from "@sixpack/client";
import { SixpackProvider, useConvert, useExperiment } from "@sixpack/client/react";
import { StrictMode, Suspense, useEffect, useMemo, useState } from "react";
import { createRoot } from "react-dom/client";

const URL_OF_SERVER = new URLSearchParams(location.search).get("server");
const made = (clientId) => new Session(URL_OF_SERVER, { clientId, timeoutMs: 60_000 });
const atModule = made();

function Button() {
  const color = useExperiment("placements", ["red", "blue"]);
  const convert = useConvert();
  const [views, setViews] = useState(0);
  // As a linter wants it. It has to run once, however often this component is rendered.
  useEffect(() => {
    window.converted = (window.converted ?? 0) + 1;
    void convert;
  }, [convert]);
  useEffect(() => {
    if (views < 5) setViews(views + 1);
    else window.settled = color;
  }, [views, color]);
  return <b>{color}</b>;
}

const waiting = <i>waiting</i>;
const provided = (session, inside) => <SixpackProvider session={session}>{inside}</SixpackProvider>;
const Inside = () => {
  const session = useMemo(() => made(), []);
  return provided(session, <Suspense fallback={waiting}>{<Button />}</Suspense>);
};
const Memo = () =>
  provided(
    useMemo(() => made(), []),
    <Button />,
  );
const State = () => provided(useState(() => made())[0], <Button />);
/** A mistake: a client of its own at each rendering. */
const Random = () =>
  provided(
    useMemo(() => made(crypto.randomUUID()), []),
    <Button />,
  );

const PLACEMENTS = {
  module: provided(atModule, <Button />),
  "memo-suspense-inside": <Inside />,
  "memo-suspense-above": <Suspense fallback={waiting}>{<Memo />}</Suspense>,
  "memo-no-suspense": <Memo />,
  "random-id": <Random />,
  "state-strict-suspense-above": (
    <StrictMode>
      <Suspense fallback={waiting}>{<State />}</Suspense>
    </StrictMode>
  ),
};

createRoot(document.getElementById("root")).render(PLACEMENTS[location.hash.slice(1)]);
