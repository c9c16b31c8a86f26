from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    """Hold the rows of before against rules that were added without a look at them: a look that keeps nobody waiting."""

    dependencies = [
        ('scheduling', '0019_episode_of_visit'),
    ]

    operations = [
        ValidateConstraint(model_name='workinghours', name='hours_valid_for_a_day'),
        ValidateConstraint(model_name='workinghours', name='hours_counted_from_a_week'),
        ValidateConstraint(model_name='appointment', name='appointment_has_its_place_in_the_group'),
        ValidateConstraint(model_name='claim', name='claim_of_one_thing'),
        ValidateConstraint(model_name='appointment', name='appointment_has_its_place_in_the_series'),
        ValidateConstraint(model_name='appointment', name='appointment_numbered_in_its_package'),
    ]
