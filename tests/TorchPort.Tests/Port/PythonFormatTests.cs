using TorchSharp;

namespace TorchPort.Tests;

public class PythonFormatTests
{
    [Fact]
    public void Tensor_is_formatted_as_its_value()
    {
        using var gradient = torch.tensor(-9.3333333f);
        using var W = torch.zeros(1);

        Assert.Equal("-9.3333 [0]", Format($"{gradient} {W}", exact: false));
        Assert.Equal("-9.33333302", Format($"{gradient}", exact: true));
    }

    [Fact]
    public void Floats_are_formatted_as_in_Python()
    {
        Assert.SkipWhen(Python.Default is null, Python.PythonRequired);

        // Random bit patterns, values halfway between two representations, and NaN and infinities.
        var random = new Random(1);
        var any = Enumerable.Range(0, 2000).Select(_ => BitConverter.Int32BitsToSingle(random.Next(int.MinValue, int.MaxValue)));
        var between = Enumerable.Range(0, 2000).Select(_ => random.Next(-100_000, 100_000) / 128f);
        float[] floats = [.. any, .. between, float.NaN, float.PositiveInfinity, float.NegativeInfinity];

        var script = """
            import struct, sys
            for bits in sys.stdin:
                f = struct.unpack('f', struct.pack('i', int(bits)))[0]
                print('{:.3f} {:.6f} {:.9g}'.format(f, f, f))
            """;
        var input = string.Concat(floats.Select(f => $"{BitConverter.SingleToInt32Bits(f)}\n"));
        var expected = TestProcess.RunWithInput(input, Python.Default!, ["-c", script]).Stdout;

        var actual = floats.Select(f => $"{Format($"{f:F3} {f:F6}", exact: false)} {Format($"{f:F6}", exact: true)}");
        Assert.Equal(expected.ReplaceLineEndings("\n").TrimEnd().Split('\n'), actual);
    }

    private static string Format(FormattableString line, bool exact) => line.ToString(new PythonFormat(exact));
}
