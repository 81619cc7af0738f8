import { Link } from "@tanstack/react-router";

import type { Me } from "../chain/data.tsx";
import { useStanding } from "../chain/market-data.ts";
import { Note } from "./surfaces.tsx";

/** On the screens of trading by hand: tells the owner of a sharing meter that it trades by itself. */
export function SharingNote({ me }: { me: Me }) {
  const standing = useStanding(me.meters[0]?.meter);
  if (standing?.settings.sharing !== true) return null;
  return (
    <Note>
      Your meter shares by itself, so there is nothing to do here. To trade by hand, choose so under{" "}
      <Link to="/" className="text-accent underline underline-offset-4">
        Autopilot
      </Link>
      .
    </Note>
  );
}
