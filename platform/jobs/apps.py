from django.apps import AppConfig

from kernel import events


class JobsConfig(AppConfig):
    name = "jobs"

    def ready(self) -> None:
        from jobs.broker import set_broker

        set_broker()  # before the first actor is declared

        from jobs.handling import put_in_outbox

        events.carry_by(put_in_outbox)

        from jobs.figures import WaitingJobs
        from monitoring.metrics import ask_at_each_scrape

        ask_at_each_scrape(WaitingJobs())
