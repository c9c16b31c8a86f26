"""What notes say was used: rows that never change, as the moves that they cause."""

import django.db.models.deletion
import kernel.ids
from django.db import migrations, models

from privacy.fields import SealedCharField
from tenancy.operations import AppendOnly


class Migration(migrations.Migration):

    dependencies = [
        ('crm', '0042_taken'),
        ('inventory', '0002_ledger'),
    ]

    operations = [
        migrations.CreateModel(
            name='MaterialTakenBack',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('reason', SealedCharField(blank=True, max_length=200)),
                ('by_id', models.UUIDField()),
                ('by_name', models.CharField(max_length=150)),
                ('at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='UsedMaterial',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('quantity', models.DecimalField(decimal_places=3, max_digits=12)),
                ('reason', SealedCharField(blank=True, max_length=200)),
                ('by_id', models.UUIDField()),
                ('by_name', models.CharField(max_length=150)),
                ('at', models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name='shortage',
            name='material_id',
            field=models.UUIDField(null=True),
        ),
        migrations.AlterField(
            model_name='shortage',
            name='appointment_id',
            field=models.UUIDField(null=True),
        ),
        migrations.AlterField(
            model_name='stockmove',
            name='kind',
            field=models.CharField(choices=[('INBOUND', 'Received'), ('OUTBOUND', 'Taken out'), ('ADJUSTMENT', 'Counted'), ('USE', 'Used'), ('SALE', 'Sold'), ('RETURN', 'Returned')], max_length=10),
        ),
        migrations.AddConstraint(
            model_name='shortage',
            constraint=models.UniqueConstraint(fields=('material_id',), name='shortage_of_material_once'),
        ),
        migrations.AddField(
            model_name='usedmaterial',
            name='item',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inventory.item'),
        ),
        migrations.AddField(
            model_name='usedmaterial',
            name='note',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='crm.note'),
        ),
        migrations.AddField(
            model_name='materialtakenback',
            name='material',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='taken_back', to='inventory.usedmaterial'),
        ),
        migrations.AddIndex(
            model_name='usedmaterial',
            index=models.Index(fields=['by_id', '-at'], name='used_material_by_whom'),
        ),
        migrations.AddConstraint(
            model_name='usedmaterial',
            constraint=models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='used_material_is_used'),
        ),
        AppendOnly("inventory_usedmaterial"),
        AppendOnly("inventory_materialtakenback"),
    ]
