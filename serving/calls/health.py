"""How the service is, in more words than /readyz."""

from __future__ import annotations

from serving import schemas
from serving.calls.group import CallGroup, call


class HealthCalls(CallGroup):
    """What the service says about itself."""

    @call("/v1/health")
    async def health(self) -> schemas.HealthAnswer:
        """Tell what works and what does not: the model, the store, what waits, and a bundle that was refused."""
        holder, gateway = self.runtime.holder, self.runtime.gateway
        shadow = holder.shadow
        return schemas.HealthAnswer(
            **self.signed(),
            model="served" if holder.version else "missing",
            problem=holder.problem,
            refused_bundle=holder.refused,
            canary=holder.canary,
            shadow=shadow.engine.version if shadow else None,
            shadow_lists=shadow.comparison.lists if shadow else 0,
            shadow_overlap=shadow.comparison.overlap if shadow and shadow.comparison.lists else None,
            refused_trials=holder.refused_trials,
            store="up" if gateway.is_up else "down",
            spool=gateway.spool.size(),
        )
