import type { Notice } from "../core/studio";
import { useStudio } from "../hooks/use-studio";

/* What is wrong, what it does not touch, what to do. */
export function Notices({ notices }: { notices: Notice[] }) {
  const studio = useStudio();
  return (
    <div className="side notices" role="status">
      {notices.map((notice) => (
        <section key={notice.id} className={`card notice ${notice.level}`} aria-label={notice.title}>
          <h2>{notice.title}</h2>
          <p className="small">{notice.text}</p>
          <div className="line wrap">
            {notice.actions.map((action) => (
              <button key={action.label} type="button" onClick={action.run}>
                {action.label}
              </button>
            ))}
            <button type="button" className="plain" onClick={() => studio.dismiss(notice.id)}>
              {notice.level === "info" ? "Got it" : "Not now"}
            </button>
          </div>
        </section>
      ))}
    </div>
  );
}
