"""How forms look: the field of the design, on every form, allauth's included."""

from __future__ import annotations

from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.forms.renderers import TemplatesSetting

CLASS_OF = {
    forms.Textarea: "textarea",
    forms.Select: "select",
    forms.CheckboxInput: "",
    forms.RadioSelect: "",
    forms.CheckboxSelectMultiple: "",
    forms.HiddenInput: "",
    forms.FileInput: "input",
}


class UiBoundField(BoundField):
    """Gives each control the class of its kind."""

    def build_widget_attrs(self, attrs: Any, widget: Any = None) -> Any:
        attrs = super().build_widget_attrs(attrs, widget)
        kind = type(widget or self.field.widget)
        name = next((CLASS_OF[known] for known in kind.__mro__ if known in CLASS_OF), "input")
        if name:
            attrs["class"] = f"{attrs.get('class', '')} {name}".strip()
        return attrs

    @property
    def kind(self) -> str:
        """What the template draws: "check", "radios", "checks", "hidden", or a plain "control"."""
        widget = self.field.widget
        kinds = {forms.CheckboxSelectMultiple: "checks", forms.RadioSelect: "radios", forms.CheckboxInput: "check"}
        if widget.is_hidden:
            return "hidden"
        return next((kind for known, kind in kinds.items() if isinstance(widget, known)), "control")

    @property
    def first_id(self) -> str:
        """Where the summary of errors leads: the control, or the first of several."""
        return self.id_for_label or f"{self.auto_id}_0"


class Renderer(TemplatesSetting):
    """`FORM_RENDERER = "webui.forms.Renderer"`."""

    form_template_name = "webui/forms/form.html"
    field_template_name = "webui/forms/field.html"
    bound_field_class = UiBoundField
