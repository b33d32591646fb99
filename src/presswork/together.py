"""Several deployments of one site brought out together: all are filled, then all are switched, then all are proved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from presswork.deployment import Deployment
from presswork.errors import Cancelled, HostError, PluginFailed, PressworkError, Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from presswork.guards import Allowed
    from presswork.work import Work

__all__ = ["as_ours", "bring_out"]


def bring_out(
    deployments: Sequence[Deployment], work: Work, allowed: Allowed, *, full: bool = False, dry_run: bool = False
) -> None:
    """Take the same work to all its targets, as far as it gets; each takes down in its report what came of it."""
    if not _all(deployments, lambda d: d.plan(work, allowed, dry_run=dry_run)) or dry_run:
        return _leave(deployments, dry_run=dry_run)
    if not _all(deployments, Deployment.settle):
        return _leave(deployments)
    changed = [deployment for deployment in deployments if deployment.report.outcome != "unchanged"]
    if not _all(changed, Deployment.fill):
        return _leave(changed)
    switched: list[Deployment] = []
    for deployment in sorted(changed, key=lambda d: not d.revertible):
        if not _all([deployment], _shielded(Deployment.switch) if len(deployments) > 1 else Deployment.switch):
            _leave(changed)
            break
        switched.append(deployment)
    proving = [*switched, *(deployment for deployment in deployments if deployment.unproved)]
    if not _all(proving, lambda d: d.prove(full=full)):
        for deployment in switched:
            deployment.not_proved()
    return None


def _shielded(step: Callable[[Deployment], None]) -> Callable[[Deployment], None]:
    """Return a step whose own fault, in a host's plugin, does not hide what has become of the other targets."""

    def taken(deployment: Deployment) -> None:
        try:
            step(deployment)
        except (PressworkError, OSError):
            raise
        except Exception as error:
            raise PluginFailed(
                f"The host {deployment.report.host} failed: {type(error).__name__}: {error}.",
                hint="Report it to the authors of its plugin; `presswork status` says what is live.",
            ) from error

    return taken


def _all(deployments: Iterable[Deployment], step: Callable[[Deployment], None]) -> bool:
    """Take one step with every deployment; an error is taken down by the one it befell. Return whether none was."""
    good = True
    for deployment in deployments:
        try:
            step(deployment)
        except OSError as error:  # of a host's: what it could not foresee
            deployment.fail(
                HostError(f"{deployment.report.host}: {error}.", hint="Mend what it names, then try again.")
            )
            good = False
        except (PressworkError, KeyboardInterrupt) as error:
            deployment.fail(as_ours(error))
            good = False
            if isinstance(error, KeyboardInterrupt):
                break
    return good


def _leave(deployments: Iterable[Deployment], *, dry_run: bool = False) -> None:
    """Say of the deployments that were ready and not switched why that is."""
    for deployment in deployments:
        if deployment.report.outcome == "planned" and not dry_run:
            reason = Refused(
                "Not switched: another target failed.", hint="Mend that one, then run the same command again."
            )
            reason.retryable = True  # what it has taken need not be sent again
            deployment.fail(reason)


def as_ours(error: PressworkError | KeyboardInterrupt) -> PressworkError:
    """Return an error, or what Ctrl-C is called."""
    return error if isinstance(error, PressworkError) else Cancelled()
