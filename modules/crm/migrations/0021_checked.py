from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    """Hold the rows of before against rules that were added without a look at them: a look that keeps nobody waiting."""

    dependencies = [
        ('crm', '0020_search_keys_of_all'),
    ]

    operations = [
        ValidateConstraint(model_name='note', name='note_level_has_discipline'),
        ValidateConstraint(model_name='note', name='note_mine_not_shared'),
        ValidateConstraint(model_name='patient', name='patient_who_died_has_ended'),
    ]
