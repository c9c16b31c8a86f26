"""How a form looks: DESIGN's field, whoever drew the form."""

from __future__ import annotations

import re

from django import forms

from kernel.errors import Conflict, Invalid
from webui.refusals import add_refusal


class Visit(forms.Form):
    name = forms.CharField(help_text="As on the card")
    note = forms.CharField(widget=forms.Textarea, required=False)
    kind = forms.ChoiceField(choices=[("a", "First"), ("b", "Second")], widget=forms.RadioSelect)
    agrees = forms.BooleanField(required=False)
    token = forms.CharField(widget=forms.HiddenInput, required=False)


def test_a_control_has_the_class_of_its_kind() -> None:
    shown = str(Visit())

    assert re.search(r'<input type="text" name="name"[^>]* class="input"', shown)
    assert re.search(r'<textarea name="note"[^>]* class="textarea"', shown)
    assert re.search(r'<label class="check" for="id_agrees"><input type="checkbox"', shown)
    assert '<input type="hidden" name="token"' in shown


def test_what_may_be_left_out_says_so_and_what_must_be_filled_in_does_not() -> None:
    shown = str(Visit())

    assert len(re.findall(r'class="opt"', shown)) == 1  # the note; a box that may stay empty needs no word


def test_an_error_is_tied_to_its_field_and_listed_on_top() -> None:
    shown = str(Visit({"name": "", "kind": "a"}))

    assert 'aria-invalid="true" aria-describedby="id_name_helptext id_name_error"' in shown
    assert '<p class="error" id="id_name_error">' in shown
    assert '<a class="link" href="#id_name">Name</a>' in shown
    assert "data-error-summary" in shown


def test_the_summary_leads_to_the_first_of_several_choices() -> None:
    assert '<a class="link" href="#id_kind_0">Kind</a>' in str(Visit({"name": "Paul"}))


def test_a_form_that_nobody_sent_has_no_summary() -> None:
    assert "data-error-summary" not in str(Visit())


def test_forms_of_others_look_the_same() -> None:
    assert Visit().as_p() == Visit().as_div() == str(Visit())


def test_a_refusal_of_a_service_shows_at_its_field() -> None:
    form = Visit({"name": "Paul", "kind": "a"})

    add_refusal(form, Invalid("Two things.", fields={"name": ["Too short."], "elsewhere": ["And this."]}))

    assert form.errors == {"name": ["Too short."], "__all__": ["And this."]}


def test_a_refusal_without_a_field_shows_above_all() -> None:
    form = Visit({"name": "Paul", "kind": "a"})

    add_refusal(form, Conflict("09:30 was just taken."))

    assert "<p>09:30 was just taken.</p>" in str(form)
