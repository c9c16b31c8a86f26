"""Charts of bodies over the wire."""

from __future__ import annotations

from pydantic import Field, StrictInt

from httpapi.schemas import Schema
from modules.crm.domain.body.marks import LONGEST_WORDS, BodyChart, Mark, Pain
from modules.crm.domain.body.shapes import Figure
from modules.crm.models.body import VIEWS
from modules.crm.selectors.body import mark_words, region_words

NRS = "0 (none) to 10 (the worst imaginable); null: not asked."


class MarkIn(Schema):
    """`x` and `y` are thousandths of the view's width and height; or `region` names where, and the mark is put in its
    middle. What there is to name: `body-chart/`."""

    view: str = Field(max_length=20)
    x: StrictInt | None = None
    y: StrictInt | None = None
    region: str = Field("", max_length=40)
    kind: str = Field(max_length=20)
    strength: StrictInt | None = Field(None, description="0 to 10; null: not said.")
    text: str = Field("", max_length=LONGEST_WORDS)


class MarkOut(Schema):
    """`region` is where its place lies, `words` the whole mark as people say it."""

    view: str
    x: int
    y: int
    region: str
    kind: str
    strength: int | None
    text: str
    words: str

    @staticmethod
    def of(chart: BodyChart, mark: Mark) -> MarkOut:
        return MarkOut(
            view=mark.view,
            x=mark.x,
            y=mark.y,
            region=chart.region_of(mark).name,
            kind=mark.kind.value,
            strength=mark.strength,
            text=mark.text,
            words=mark_words(chart, mark),
        )


class PainIn(Schema):
    now: StrictInt | None = Field(None, description=NRS)
    rest: StrictInt | None = Field(None, description=NRS)
    worst: StrictInt | None = Field(None, description=NRS)


class PainOut(Schema):
    now: int | None = Field(description=NRS)
    rest: int | None = Field(description=NRS)
    worst: int | None = Field(description=NRS)

    @staticmethod
    def of(pain: Pain) -> PainOut:
        return PainOut(now=pain.now, rest=pain.rest, worst=pain.worst)


class RegionOut(Schema):
    name: str
    words: str
    x: int
    y: int


class ViewOut(Schema):
    """`width` and `height` tell its proportions."""

    name: str
    words: str
    width: int
    height: int
    regions: list[RegionOut]


class BodyChartOut(Schema):
    """Whose body it is, and what can be marked on it; `figure` is empty where there is no chart."""

    figure: str
    views: list[ViewOut]

    @staticmethod
    def of(figure: Figure | None) -> BodyChartOut:
        if figure is None:
            return BodyChartOut(figure="", views=[])
        views = []
        for view in figure.views:
            places = [(each, view.middle_of(each)) for each in view.regions]
            regions = [RegionOut(name=each.name, words=region_words(each), x=x, y=y) for each, (x, y) in places]
            words = str(VIEWS[view.name])
            views.append(ViewOut(name=view.name, words=words, width=view.width, height=view.height, regions=regions))
        return BodyChartOut(figure=figure.name, views=views)
