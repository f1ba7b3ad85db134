import pytest
@pytest.mark.django_db
def test_db(redis_clean):
    from django.contrib.contenttypes.models import ContentType
    assert ContentType.objects.count() > 0
    assert redis_clean.ping()
